// The frame of the page: which view is shown, the connection and the colours.

import * as api from './api.js';
import { h } from './dom.js';
import { clock } from './format.js';
import { fleetView } from './fleet.js';
import { Live } from './live.js';
import { machineView } from './machine.js';
import { momentView } from './moment.js';
import { signInView } from './signin.js';
import { startTheme } from './theme.js';
import { whatIfView } from './whatif.js';

const main = document.getElementById('main');
const connection = document.getElementById('connection');
const lost = document.getElementById('lost');
const signOut = document.getElementById('sign-out');

startTheme(document.getElementById('theme'));
let live = null;
let caller = null;
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
    // A stream does not say why it was refused; a call does.
    if (caller?.means === 'session') api.me().catch(() => {});
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

/** Instead of everything else: who has no session sees nothing. */
function askForKey() {
  const ended = caller !== null;
  if (live) live.stop();
  if (view) view.close();
  connection.hidden = lost.hidden = signOut.hidden = true;
  document.body.classList.remove('is-lost');
  onhashchange = null;
  api.onRefused(() => {});
  const signIn = signInView(ended);
  view = signIn;
  document.title = 'Sign in · Twin';
  main.replaceChildren(signIn.element);
  signIn.shown();
}

async function start() {
  api.onRefused(askForKey);
  try {
    caller = await api.me();
  } catch (e) {
    if (e.status === 401) return;
    // Not a matter of keys: the page says itself what it cannot show.
  }
  signOut.hidden = caller?.means !== 'session';
  signOut.onclick = () => api.signOut().finally(() => location.reload());
  live = new Live();
  live.on('connection', showConnection);
  onhashchange = () => {
    if (location.hash === '#main') return;
    route();
    main.focus({ preventScroll: true });
  };
  showConnection();
  route();
}

start();
