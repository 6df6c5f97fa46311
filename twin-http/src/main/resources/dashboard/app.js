// The frame of the page: which view is shown, the connection and the colours.

import { h } from './dom.js';
import { clock } from './format.js';
import { fleetView } from './fleet.js';
import { Live } from './live.js';
import { machineView } from './machine.js';
import { startTheme } from './theme.js';

const main = document.getElementById('main');
const connection = document.getElementById('connection');
const lost = document.getElementById('lost');

startTheme(document.getElementById('theme'));
const live = new Live();
let view = null;

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
  const machine = location.hash.match(/^#\/machines\/([^/]+)$/);
  if (view) view.close();
  view = machine ? machineView(live, decodeURIComponent(machine[1])) : fleetView(live);
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
