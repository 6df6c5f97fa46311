// The frame of the page: which view is shown, the connection and the colours.

import { h } from './dom.js';
import { clock } from './format.js';
import { fleetView } from './fleet.js';
import { Live } from './live.js';
import { machineView } from './machine.js';
import { momentView } from './moment.js';
import { startTheme } from './theme.js';
import { whatIfView } from './whatif.js';

const main = document.getElementById('main');
const connection = document.getElementById('connection');
const lost = document.getElementById('lost');

startTheme(document.getElementById('theme'));
const live = new Live();
let view = null;

// The addresses of what is shown of one machine; everything else is the fleet.
const PAGES = [
  [/^#\/machines\/([^/]+)$/, ([, id]) => machineView(live, decodeURIComponent(id))],
  [/^#\/machines\/([^/]+)\/what-if$/, ([, id], query) => whatIfView(decodeURIComponent(id), query)],
  [/^#\/machines\/([^/]+)\/at\/(\d+)$/, ([, id, revision]) => momentView(decodeURIComponent(id), Number(revision))],
];

function showConnection() {
  const now = live.connection;
  connection.dataset.state = now;
  connection.querySelector('b').textContent = { connecting: 'Connecting', live: 'Live', lost: 'Connection lost' }[now];
  document.body.classList.toggle('is-lost', now === 'lost');
  lost.hidden = now !== 'lost';
  if (now === 'lost') {
    lost.replaceChildren(h('span', {}, h('b', {}, 'Connection lost. '), `What you see is from ${clock(live.since)}; trying to reconnect.`),
      h('button', { type: 'button', onclick: () => live.retryNow() }, 'Try now'));
  }
}

function route() {
  const [path, query] = location.hash.split('?', 2);
  const found = PAGES.map(([pattern, open]) => [path.match(pattern), open]).find(([match]) => match);
  if (view) view.close();
  view = found ? found[1](found[0], new URLSearchParams(query)) : fleetView(live);
  document.title = `${view.title} · Twin`;
  main.replaceChildren(view.element);
  scrollTo(0, 0);
}

live.on('connection', showConnection);
addEventListener('hashchange', () => {
  if (location.hash === '#main') return;
  route();
  main.focus({ preventScroll: true });
});
showConnection();
route();
