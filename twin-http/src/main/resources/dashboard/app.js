// The frame of the page: which view is shown, where one can go, the connection, the language and the colours.

import { alertsView } from './alerts.js';
import * as api from './api.js';
import { clusterView } from './cluster.js';
import { h } from './dom.js';
import { clock } from './format.js';
import { fleetView } from './fleet.js';
import { ingestView } from './ingest.js';
import { Live } from './live.js';
import { machineView } from './machine.js';
import { modelsView } from './models.js';
import { Navigation } from './nav.js';
import { signInView } from './signin.js';
import { language, startLanguage, t } from './text.js';
import { startTheme } from './theme.js';
import { typesView } from './types.js';
import { usersView } from './users.js';
import { whatIfView } from './whatif.js';

const main = document.getElementById('main');
const connection = document.getElementById('connection');
const lost = document.getElementById('lost');
const signOut = document.getElementById('sign-out');
const skip = document.getElementById('skip');
const navigation = new Navigation(document.getElementById('nav'));

document.documentElement.lang = language;
skip.textContent = t.frame.skip;
skip.onclick = (event) => {
  event.preventDefault();
  main.focus();
};
startTheme(document.getElementById('theme'));
startLanguage(document.getElementById('language'));
let live = null;
let caller = null;
let view = null;

/** Which page an address shows, and under which entry of the navigation it belongs; everything else is the fleet. */
const PAGES = [
  [/^#\/machines\/([^/]+)$/, 'fleet', ([, id]) => machineView(live, decodeURIComponent(id))],
  [/^#\/machines\/([^/]+)\/at\/(\d+)$/, 'fleet', ([, id, revision]) => machineView(live, decodeURIComponent(id), Number(revision))],
  [/^#\/machines\/([^/]+)\/what-if$/, 'fleet', ([, id], query) => whatIfView(decodeURIComponent(id), query)],
  [/^#\/alerts(?:\/([^/]+))?$/, 'alerts', ([, id], query) => alertsView(live, id && decodeURIComponent(id), query)],
  [/^#\/models$/, 'models', () => modelsView()],
  [/^#\/ingest$/, 'ingest', (match, query) => ingestView(query)],
  [/^#\/cluster$/, 'cluster', () => clusterView()],
  [/^#\/types(?:\/([^/]+))?$/, 'types', ([, name]) => typesView(name && decodeURIComponent(name))],
  [/^#\/users$/, 'users', () => usersView()],
];

function showConnection() {
  const now = live.connection;
  connection.dataset.state = now;
  connection.querySelector('b').textContent = t.frame[now];
  document.body.classList.toggle('is-lost', now === 'lost');
  lost.hidden = now !== 'lost';
  if (now === 'lost') {
    lost.replaceChildren(h('span', {}, h('b', {}, t.frame.lost, '. '), t.frame.lostSince(clock(live.since))),
      h('button', { type: 'button', onclick: () => live.retryNow() }, t.frame.tryNow));
    // A stream does not say why it was refused; a call does.
    if (caller?.means === 'session') api.me().catch(() => {});
  }
}

function route() {
  const [path, query] = location.hash.split('?', 2);
  const parameters = new URLSearchParams(query);
  const [match, entry, open] = PAGES.map(([pattern, name, page]) => [path.match(pattern), name, page]).find(([found]) => found)
    || [null, 'fleet', () => fleetView(live, parameters)];
  if (view) view.close();
  view = open(match, parameters);
  navigation.at(entry);
  document.title = `${view.title} · Twin`;
  main.replaceChildren(view.element);
  scrollTo(0, 0);
}

/** Instead of everything else: who has no session sees nothing. */
function askForKey() {
  const ended = caller !== null;
  if (live) live.stop();
  if (view) view.close();
  connection.hidden = lost.hidden = signOut.hidden = navigation.element.hidden = true;
  document.body.classList.remove('is-lost');
  onhashchange = null;
  api.onRefused(() => {});
  const signIn = signInView(ended);
  view = signIn;
  document.title = `${signIn.title} · Twin`;
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
  signOut.textContent = t.frame.signOut;
  signOut.title = caller?.name || '';
  signOut.onclick = () => api.signOut().finally(() => location.reload());
  live = new Live();
  live.on('connection', showConnection);
  navigation.show(['fleet', 'alerts', 'models', 'ingest', 'cluster', 'types', ...(caller?.role?.toLowerCase() === 'administrator' ? ['users'] : [])]);
  navigation.countAlerts(live);
  onhashchange = () => {
    route();
    main.focus({ preventScroll: true });
  };
  showConnection();
  route();
}

start();
