// Polls for new mails and adds them to the list. While the keyboard focus is in the list, a notice is shown instead, so
// that the list does not move under the user.
const pollInterval = 3000;
async function poll() {
  try {
    const response = await fetch('/', { cache: 'no-store' });
    const fresh = new DOMParser().parseFromString(await response.text(), 'text/html');
    const [now, next] = [document.querySelector('main'), fresh.querySelector('main')];
    const [had, has] = [now, next].map((m) => Number(m.querySelector('#mails').dataset.total));
    if (has !== had) {
      const news = document.querySelector('#news');
      const notice = has - had === 1 ? '1 new mail' : `${has - had} new mails`;
      if (now.querySelector('table')?.contains(document.activeElement)) {
        news.innerHTML = '<a href="/"></a>';
        news.firstChild.textContent = `${notice}: show`;
      } else {
        news.textContent = notice;
        while (news.nextSibling) news.nextSibling.remove();
        const from = next.querySelector('#news');
        while (from.nextSibling) now.append(from.nextSibling);
      }
    }
  } catch {
    // the service is down; try again later
  }
  setTimeout(poll, pollInterval);
}
setTimeout(poll, pollInterval);
