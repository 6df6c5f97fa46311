// What comes in: whether its parts are ready, and what could not be read.

import * as api from './api.js';
import { h, loading, setText, trouble } from './dom.js';
import { bytes, DASH, timeOf, words } from './format.js';
import { readyPanel } from './cluster.js';
import { t } from './text.js';

const PAGE = 50;

/** The payload as text where it is text, otherwise as it came. */
function payload(letter) {
  const raw = Uint8Array.from(atob(letter.payload_base64), (c) => c.charCodeAt(0));
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(raw);
    try {
      return JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      return text;
    }
  } catch {
    return [...raw].map((each) => each.toString(16).padStart(2, '0')).join(' ');
  }
}

export function ingestView() {
  let cursor = null;
  let closed = false;
  const parts = h('div', {});
  const list = h('ul', { class: 'panel letters' });
  const note = h('div', {}, loading(3));
  const more = h('button', { type: 'button', hidden: true, onclick: () => load() }, t.ingest.more);
  const again = h('button', { type: 'button', onclick: refresh }, t.frame.refresh);
  const element = h('section', { class: 'page' }, h('div', { class: 'page-head' }, h('div', {}, h('h1', {}, t.ingest.title), h('p', { class: 'dim' }, t.ingest.text)), again),
    parts, h('section', { class: 'block' }, h('h2', {}, t.ingest.deadLetters), list, note, more));

  function letterRow(letter) {
    const said = h('span', { class: 'small', role: 'status' });
    const item = h('li', {},
      h('details', {}, h('summary', {}, h('span', { class: 'tag reason' }, words(letter.reason)),
        h('span', { class: 'alert-what' }, h('b', {}, letter.machine_id || letter.topic), h('span', { class: 'dim small' }, `${letter.source} · ${timeOf(letter.received_at)}`))),
      h('p', {}, letter.detail),
      h('dl', { class: 'told' }, [[t.ingest.topic, letter.topic], [t.ingest.size, bytes(letter.payload_bytes) + (letter.truncated ? ` (${t.ingest.truncated})` : '')], [t.ingest.attempts, letter.attempts ? `${letter.attempts} · ${timeOf(letter.retried_at)}` : DASH]]
        .map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value)))),
      h('pre', { tabindex: 0, 'aria-label': t.ingest.payload }, payload(letter))),
      h('div', { class: 'letter-end' }, said, api.may('operator') ? h('button', { type: 'button', onclick: (e) => retry(letter, item, said, e.target) }, t.ingest.retry) : null));
    return item;
  }

  async function retry(letter, item, said, button) {
    button.disabled = true;
    try {
      const outcome = await api.retryDeadLetter(letter.id);
      said.className = 'small';
      setText(said, t.ingest.taken(outcome.recorded, outcome.duplicate));
      item.classList.add('done');
    } catch (e) {
      said.className = 'error small';
      setText(said, e.message);
      button.disabled = e.status === 404;
    }
  }

  async function load() {
    more.disabled = true;
    try {
      const page = await api.deadLetters({ limit: PAGE, cursor });
      if (closed) return;
      cursor = page.next_cursor;
      more.hidden = !cursor;
      list.append(...page.items.map(letterRow));
      list.hidden = !list.children.length;
      note.replaceChildren(...(list.children.length ? [] : [h('p', { class: 'panel quiet-line' }, t.ingest.none)]));
    } catch (e) {
      if (closed) return;
      list.hidden = !list.children.length;
      note.replaceChildren(h('div', { class: 'panel' }, trouble(t.ingest.cannot, e, load)));
    } finally {
      more.disabled = false;
    }
  }

  async function refresh() {
    cursor = null;
    list.replaceChildren();
    load();
    const panel = await readyPanel(['ingest', 'mqtt', 'kafka']);
    if (!closed) parts.replaceChildren(...panel);
  }

  list.hidden = true;
  refresh();
  return { element, title: t.ingest.title, close: () => { closed = true; } };
}
