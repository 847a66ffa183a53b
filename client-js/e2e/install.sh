#!/usr/bin/env bash
# Installs what the browser end-to-end tests need: browsers and libraries by apt (as root, on a system that has it), the
# driver and the old engines by npm. What is there already is left alone. Fails with a message that says what is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# package, and a file or library by which to know that it is there
wanted=(chromium:/usr/bin/chromium firefox-esr:/usr/bin/firefox-esr
  libfontconfig1:libfontconfig.so.1 libnss3:libnss3.so libexpat1:libexpat.so.1 libuuid1:libuuid.so.1)

have() {
  case $1 in
    /*) [[ -x $1 ]] ;;
    *) [[ $libraries == *"$1 "* ]] ;;
  esac
}

# The list is read whole: a grep that stops at the first hit breaks ldconfig's pipe, which pipefail takes for "missing".
missing() {
  local each libraries
  libraries=$(ldconfig -p 2>/dev/null || /sbin/ldconfig -p)
  for each in "${wanted[@]}"; do have "${each#*:}" || echo "${each%%:*}"; done
}

packages=$(missing | tr '\n' ' ')
if [[ -n $packages && $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  for try in 1 2; do # an apt run can fail by chance
    # shellcheck disable=SC2086
    if apt-get update -qq && apt-get install -y -qq --no-install-recommends $packages; then break; fi
    echo "install.sh: apt-get failed (try $try of 2)" >&2
  done
  packages=$(missing | tr '\n' ' ')
fi
if [[ -n $packages ]]; then
  echo "install.sh: missing: $packages- install them by hand (Debian: apt-get install --no-install-recommends $packages)" >&2
  exit 1
fi

npm ci --ignore-scripts --no-audit --no-fund --include=optional || npm ci --ignore-scripts --no-audit --no-fund --include=optional
for each in phantom19/bin/linux/x64/phantomjs phantom21/bin/linux/x64/phantomjs chrome64/bin/chromium.br playwright-core/package.json; do
  [[ -f node_modules/$each ]] || { echo "install.sh: npm did not bring node_modules/$each" >&2; exit 1; }
done
node --input-type=module -e "import {prepare} from '$PWD/engines.mjs'; await prepare();"
echo "install.sh: everything is there"
