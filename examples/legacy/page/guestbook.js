// The page's script as it was in 2009: nobody signs with an empty line.
function problem(form) {
  if (!$.trim(form.name.value)) { return 'Please tell us your name.'; }
  if (!$.trim(form.text.value)) { return 'Please write something.'; }
  return '';
}

$(document).ready(function () {
  $('#sign').submit(function () {
    var text = problem(this);
    $('#note').text(text);
    return text === '';
  });
});
