'use strict'
// What control/control.go is for the servers written in Go.

const readline = require('node:readline')

const filler = 'everwire bench '.repeat(9).slice(0, 126 - 12)

exports.payload = (n) => '#' + String(n).padStart(10, '0') + ':' + filler

exports.run = (server, version, broadcast) => {
  let next = 0
  const lines = readline.createInterface({ input: process.stdin })
  lines.on('line', (line) => {
    const [what, arg] = line.split(' ')
    switch (what) {
      case 'b':
        for (let i = 0; i < Number(arg); i++) broadcast(exports.payload(++next))
        break
      case 'gc':
        global.gc()
        global.gc()
        console.log('ok')
        break
      case 'stop':
        console.log('ok') // profiles are for servers in Go
    }
  })
  lines.on('close', () => process.exit(0))
  server.listen(0, '127.0.0.1', 4096, () => {
    console.log('ready 127.0.0.1:' + server.address().port + ' ' + version + ' on Node ' + process.version.slice(1))
  })
}
