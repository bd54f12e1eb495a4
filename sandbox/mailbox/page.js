// Looks for new mails every few seconds and puts them into the list. Whoever is in the list with
// the keyboard is told of them instead: it does not move under their hands.
const wait = 3000;
async function look() {
  try {
    const answer = await fetch('/', { cache: 'no-store' });
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const [now, next] = [document.querySelector('main'), fresh.querySelector('main')];
    const [had, has] = [now, next].map((m) => Number(m.querySelector('#mails').dataset.total));
    if (has !== had) {
      const news = document.querySelector('#news');
      const said = has - had === 1 ? '1 new mail' : `${has - had} new mails`;
      if (now.querySelector('table')?.contains(document.activeElement)) {
        news.innerHTML = '<a href="/"></a>';
        news.firstChild.textContent = `${said}: show`;
      } else {
        news.textContent = said;
        while (news.nextSibling) news.nextSibling.remove();
        const from = next.querySelector('#news');
        while (from.nextSibling) now.append(from.nextSibling);
      }
    }
  } catch {
    // the service is down; it may come back
  }
  setTimeout(look, wait);
}
setTimeout(look, wait);
