/* What makes pages better, and none of them needs: local times, copying, printing. */

for (const time of document.querySelectorAll('time[datetime]')) {
  const at = new Date(time.dateTime);
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'medium', timeStyle: 'short' });
  time.title = time.textContent;
  time.textContent = format.format(at);
}

for (const button of document.querySelectorAll('button[data-copy]')) {
  button.hidden = false;
  button.addEventListener('click', () => void copy(button));
}

for (const button of document.querySelectorAll('button[data-print]')) {
  button.hidden = false;
  button.addEventListener('click', () => print());
}

async function copy(button) {
  await navigator.clipboard.writeText(button.dataset.copy);
  const status = document.getElementById(button.dataset.status ?? '');
  if (status !== null) status.textContent = button.dataset.copied;
}
