// The fleet: who needs attention first, live.

import * as api from './api.js';
import { h, setAttribute, setText, statusIcon, STATUSES } from './dom.js';
import { ago, DASH, fixed, percent, rul, words } from './format.js';

const PAGE = 200;

/** A row from a state, in the shape in which the fleet's list has it. */
function fromState(state) {
  const assessment = state.assessment || {};
  return {
    machine_id: state.machine_id,
    machine_type: state.machine_type,
    revision: state.revision,
    as_of: state.as_of,
    status: state.status,
    health: state.health,
    score: assessment.threshold ? assessment.anomaly_score / assessment.threshold : undefined,
    failure_mode: assessment.failure_mode,
    rul: assessment.rul,
    open_alerts: state.alerts.length,
    commissioning: state.commissioning,
  };
}

const SORTS = {
  attention: ['Needs attention', (a, b) =>
    STATUSES.indexOf(a.status) - STATUSES.indexOf(b.status) || (a.health ?? 2) - (b.health ?? 2)],
  rul: ['Least remaining life', (a, b) => (a.rul?.p50 ?? Infinity) - (b.rul?.p50 ?? Infinity)],
  score: ['Highest score', (a, b) => (b.score ?? -1) - (a.score ?? -1)],
  id: ['Name', () => 0],
};

class Row {
  constructor(machine) {
    this.name = h('span', { class: 'row-name' });
    this.type = h('span', { class: 'row-type' });
    this.icon = h('span', { class: 'status' });
    this.fill = h('i');
    this.health = h('span', { class: 'num' });
    this.score = h('span', { class: 'num' });
    this.rul = h('span', { class: 'num' });
    this.mode = h('span', { class: 'row-mode' });
    this.alerts = h('span', { class: 'row-alerts' });
    this.seen = h('span', { class: 'num dim' });
    this.link = h('a', { class: 'row', href: '#/machines/' + encodeURIComponent(machine.machine_id) },
      h('span', { class: 'cell c-name' }, this.name, this.type),
      h('span', { class: 'cell c-status' }, this.icon),
      h('span', { class: 'cell c-health', 'data-label': 'Health' }, h('span', { class: 'meter', 'aria-hidden': 'true' }, this.fill), this.health),
      h('span', { class: 'cell c-score', 'data-label': 'Score × thr.' }, this.score),
      h('span', { class: 'cell c-rul', 'data-label': 'RUL' }, this.rul),
      h('span', { class: 'cell c-mode' }, this.mode, this.alerts),
      h('span', { class: 'cell c-seen', 'data-label': 'Last reading' }, this.seen));
    this.element = h('li', {}, this.link);
    this.update(machine);
  }

  update(machine) {
    this.machine = machine;
    setText(this.name, machine.machine_id);
    setText(this.type, words(machine.machine_type));
    if (this.shown !== machine.status) {
      this.shown = machine.status;
      this.icon.replaceChildren(statusIcon(machine.status), h('span', {}, machine.status));
      setAttribute(this.icon, 'data-status', machine.status);
      setAttribute(this.link, 'data-status', machine.status);
    }
    setText(this.health, percent(machine.health));
    this.fill.style.width = `${Math.round(100 * (machine.health ?? 0))}%`;
    setText(this.score, fixed(machine.score, 2));
    setText(this.rul, rul(machine.rul));
    const c = machine.commissioning;
    const mode = machine.failure_mode && machine.failure_mode !== 'none' ? words(machine.failure_mode) : '';
    setText(this.mode, mode || (c ? `learning ${c.readings} of ${c.needed}` : ''));
    setText(this.alerts, machine.open_alerts ? `${machine.open_alerts} ${machine.open_alerts === 1 ? 'alert' : 'alerts'}` : '');
    this.tick();
  }

  tick() {
    setText(this.seen, this.machine.as_of ? ago(Date.parse(this.machine.as_of)) : DASH);
  }
}

export function fleetView(live) {
  const rows = new Map();
  let status = null;
  let sort = 'attention';
  let text = '';
  let cursor = null;
  let dirty = false;

  const chips = h('div', { class: 'chips', role: 'group', 'aria-label': 'Show by status' });
  const search = h('input', { type: 'search', placeholder: 'Find a machine', 'aria-label': 'Find a machine', oninput: () => { text = search.value.trim().toLowerCase(); arrange(); } });
  const order = h('select', { 'aria-label': 'Order', onchange: () => { sort = order.value; arrange(); } },
    Object.entries(SORTS).map(([key, [label]]) => h('option', { value: key }, label)));
  const list = h('ol', { class: 'fleet', 'aria-label': 'Machines' });
  const note = h('div', { class: 'note' });
  const more = h('button', { type: 'button', hidden: true, onclick: () => load() }, 'Show more machines');
  const head = h('div', { class: 'row head', 'aria-hidden': 'true' },
    ['Machine', 'Status', 'Health', 'Score × thr.', 'RUL', 'Failure mode', 'Last reading'].map((label, i) =>
      h('span', { class: 'cell c-' + ['name', 'status', 'health', 'score', 'rul', 'mode', 'seen'][i],
        title: label.startsWith('Score') ? 'Anomaly score as a multiple of its threshold: 1 is the threshold'
          : label === 'RUL' ? 'Remaining useful life, median' : null }, label)));
  const element = h('section', { class: 'page' },
    h('div', { class: 'page-head' }, h('h1', {}, 'Fleet'), h('div', { class: 'tools' }, search, order)),
    chips, h('div', { class: 'panel list' }, head, list, note), more);

  function put(machine) {
    const row = rows.get(machine.machine_id);
    if (!row) rows.set(machine.machine_id, new Row(machine));
    else if (machine.revision >= row.machine.revision) row.update({ ...row.machine, ...machine });
    queue();
  }

  function queue() {
    if (dirty) return;
    dirty = true;
    requestAnimationFrame(() => { dirty = false; arrange(); });
  }

  function visible(machine) {
    return (!status || machine.status === status) &&
      (!text || `${machine.machine_id} ${machine.machine_type} ${machine.site || ''} ${machine.line || ''}`.toLowerCase().includes(text));
  }

  function arrange() {
    const all = [...rows.values()];
    const wanted = all.filter((row) => visible(row.machine)).sort((a, b) =>
      SORTS[sort][1](a.machine, b.machine) || (a.machine.machine_id < b.machine.machine_id ? -1 : 1));
    const present = [...list.children];
    if (wanted.length !== present.length || wanted.some((row, i) => row.element !== present[i])) {
      const focused = document.activeElement;
      list.replaceChildren(...wanted.map((row) => row.element));
      if (focused && list.contains(focused)) focused.focus({ preventScroll: true });
    }
    head.hidden = !wanted.length;
    count(all);
    if (!all.length) empty();
    else note.replaceChildren(...(wanted.length ? [] : [h('p', { class: 'empty' }, 'No machine matches. ',
      h('button', { class: 'link', type: 'button', onclick: () => { status = null; text = ''; search.value = ''; arrange(); } }, 'Show all'))]));
  }

  function count(all) {
    const counts = {};
    for (const row of all) counts[row.machine.status] = (counts[row.machine.status] || 0) + 1;
    const wanted = [[null, all.length], ...STATUSES.map((each) => [each, counts[each] || 0])];
    const key = JSON.stringify([wanted, status]);
    if (chips.dataset.key === key) return;
    chips.dataset.key = key;
    const focused = [...chips.children].indexOf(document.activeElement);
    chips.replaceChildren(...wanted.map(([each, n]) =>
      h('button', { type: 'button', class: 'chip', 'data-status': each, 'aria-pressed': String(status === each), disabled: each && !n && status !== each,
        onclick: () => { status = status === each ? null : each; arrange(); } },
        each ? statusIcon(each) : null, h('span', {}, each || 'all'), h('b', { class: 'num' }, n))));
    if (focused >= 0) chips.children[focused].focus();
  }

  function empty() {
    note.replaceChildren(h('div', { class: 'empty' },
      h('h2', {}, 'No machine yet'),
      h('p', {}, 'A machine appears here with its first reading. Publish one over MQTT to'),
      h('code', {}, 'twin/v1/machines/press-7/readings'),
      h('p', {}, 'or post it to'),
      h('code', {}, '/api/v1/machines/press-7/readings')));
  }

  async function load() {
    more.disabled = true;
    if (!rows.size) note.replaceChildren(...Array.from({ length: 6 }, () => h('div', { class: 'ghost', 'aria-hidden': 'true' })), h('p', { class: 'hidden', role: 'status' }, 'Loading the fleet'));
    try {
      const page = await api.fleet({ limit: PAGE, cursor });
      cursor = page.next_cursor;
      more.hidden = !cursor;
      page.items.forEach((machine) => put(machine));
      queue();
    } catch (e) {
      if (!rows.size) head.hidden = true;
      note.replaceChildren(h('div', { class: 'empty' }, h('h2', {}, 'The fleet cannot be shown'), h('p', {}, e.message),
        h('button', { type: 'button', onclick: () => load() }, 'Try again')));
    } finally {
      more.disabled = false;
    }
  }

  const stop = [
    live.on('state', (state) => put(fromState(state))),
    live.on('connection', (connection) => { if (connection === 'live') { cursor = null; load(); } }),
  ];
  const timer = setInterval(() => rows.forEach((row) => row.tick()), 1000);
  head.hidden = true;
  count([]);
  load();
  return { element, title: 'Fleet', close: () => { stop.forEach((f) => f()); clearInterval(timer); } };
}
