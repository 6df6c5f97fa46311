// The fleet: who needs attention first, live, as a list or as a wall of tiles. What is shown stands in the address.

import * as api from './api.js';
import { h, remember, segments, select, setAttribute, setText, statusIcon, STATUSES } from './dom.js';
import { ago, DASH, fixed, percent, rul, whole, words } from './format.js';
import { t } from './text.js';
import { VirtualColumn } from './virtual.js';

const PAGE = 1000;
/** The most machines that are held; of a larger fleet the server gives those that the filters let through. */
const HELD_MAX = 10000;
/** The order of the page changes at most this often, however often the numbers do. */
const ORDER_EVERY_MS = 1000;
const MISSING_EVERY_MS = 5000;

const phone = matchMedia('(max-width: 620px)');
const tablet = matchMedia('(max-width: 900px)');

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
    retired: state.retired,
  };
}

const rank = (machine) => STATUSES.indexOf(machine.status);
const byName = (a, b) => (a.machine_id < b.machine_id ? -1 : 1);
const SORTS = {
  attention: (a, b) => rank(a) - rank(b) || (a.health ?? 2) - (b.health ?? 2),
  rul: (a, b) => (a.rul?.p50 ?? Infinity) - (b.rul?.p50 ?? Infinity),
  score: (a, b) => (b.score ?? -1) - (a.score ?? -1),
  id: () => 0,
};

const byPlace = new Intl.Collator(undefined, { numeric: true });
const href = (machine) => `#/machines/${encodeURIComponent(machine.machine_id)}`;
const likely = (machine) => (machine.failure_mode && machine.failure_mode !== 'none' ? words(machine.failure_mode) : '');
const learning = (machine) => (machine.commissioning ? t.fleet.learning(machine.commissioning.readings, machine.commissioning.needed) : '');

/** A machine in the list. */
class Row {
  constructor() {
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
    this.link = h('a', { class: 'row' },
      h('span', { class: 'cell c-name' }, this.name, this.type),
      h('span', { class: 'cell c-status' }, this.icon),
      h('span', { class: 'cell c-health', 'data-label': t.fleet.health }, h('span', { class: 'meter', 'aria-hidden': 'true' }, this.fill), this.health),
      h('span', { class: 'cell c-score', 'data-label': t.fleet.score }, this.score),
      h('span', { class: 'cell c-rul', 'data-label': t.fleet.rul }, this.rul),
      h('span', { class: 'cell c-mode' }, this.mode, this.alerts),
      h('span', { class: 'cell c-seen', 'data-label': t.fleet.seen }, this.seen));
    this.element = h('div', { role: 'listitem' }, this.link);
  }

  update({ machine }) {
    this.machine = machine;
    setAttribute(this.link, 'href', href(machine));
    setText(this.name, machine.machine_id);
    setText(this.type, [words(machine.machine_type), machine.line].filter(Boolean).join(' · '));
    if (this.shown !== machine.status) {
      this.shown = machine.status;
      this.icon.replaceChildren(statusIcon(machine.status), h('span', {}, words(machine.status)));
      setAttribute(this.icon, 'data-status', machine.status);
      setAttribute(this.link, 'data-status', machine.status);
    }
    setText(this.health, percent(machine.health));
    this.fill.style.width = `${Math.round(100 * (machine.health ?? 0))}%`;
    setText(this.score, fixed(machine.score, 2));
    setText(this.rul, rul(machine.rul));
    setText(this.mode, likely(machine) || learning(machine));
    setText(this.alerts, machine.open_alerts ? t.fleet.alerts(machine.open_alerts) : '');
    this.tick();
  }

  tick() {
    setText(this.seen, this.machine.as_of ? ago(Date.parse(this.machine.as_of)) : DASH);
  }
}

/** A machine on the wall; of a small one only the shape of its status, drawn by the style sheet, has room. */
class Tile {
  constructor(size) {
    this.element = h('a', { class: 'tile', role: 'listitem' });
    if (size === 'small') return;
    this.icon = h('span', { class: 'status' });
    this.name = h('span', { class: 'tile-name' });
    this.more = h('span', { class: 'tile-more num' });
    this.element.append(this.icon, this.name, this.more);
  }

  update(machine) {
    const more = likely(machine) || learning(machine) || (machine.rul ? rul(machine.rul) : percent(machine.health));
    const label = `${machine.machine_id}, ${words(machine.status)}, ${more}`;
    if (this.label === label) return;
    this.label = label;
    this.machine = machine;
    setAttribute(this.element, 'href', href(machine));
    this.element.title = label;
    this.element.ariaLabel = label;
    if (this.shown !== machine.status) {
      this.shown = machine.status;
      setAttribute(this.element, 'data-status', machine.status);
      this.icon?.replaceChildren(statusIcon(machine.status));
    }
    if (!this.icon) return;
    setText(this.name, machine.machine_id);
    setText(this.more, more);
  }
}

/** As the style sheet has it: on narrow screens what is likely, or open, has a line of its own. */
function rowHeight(machine) {
  const line = Boolean(likely(machine) || machine.commissioning || machine.open_alerts);
  if (phone.matches) return line ? 154 : 126;
  return tablet.matches && line ? 78 : 56;
}

/** How large tiles are: as large as the number of machines allows. [most machines, name, width, height, gap] */
const TILES = [[200, 'large', 184, 78, 10], [1500, 'medium', 150, 38, 6], [Infinity, 'small', 30, 30, 4]];
const GROUP_PX = 46;
const GROUP_GAP_PX = 18;

/** The heading of a part of the plant. */
class WallHead {
  constructor() {
    this.element = h('div', { class: 'wall-head' });
  }

  update(row) {
    const key = JSON.stringify([row.place, row.counts]);
    if (this.key === key) return;
    this.key = key;
    this.element.replaceChildren(h('h2', {}, row.path.flatMap((step, i) => [i ? h('span', { class: 'dim', 'aria-hidden': 'true' }, ' › ') : null, step])),
      h('span', { class: 'tally' }, STATUSES.filter((each) => row.counts[each]).map((each) =>
        h('span', { class: 'status', 'data-status': each }, statusIcon(each), h('span', { class: 'hidden' }, words(each)), h('b', { class: 'num' }, whole(row.counts[each]))))));
  }
}

/** A row of tiles. */
class WallRow {
  constructor(row) {
    this.size = row.size;
    this.tiles = [];
    this.element = h('div', { class: `tiles ${row.kind}`, role: 'list' });
  }

  update(row) {
    setAttribute(this.element, 'aria-label', row.place);
    if (this.columns !== row.columns) {
      this.columns = row.columns;
      this.element.style.gridTemplateColumns = `repeat(${row.columns}, minmax(0, 1fr))`;
    }
    while (this.tiles.length > row.machines.length) this.tiles.pop().element.remove();
    row.machines.forEach((machine, i) => {
      if (!this.tiles[i]) {
        this.tiles[i] = new Tile(this.size);
        this.element.append(this.tiles[i].element);
      }
      this.tiles[i].update(machine);
    });
  }
}

export function fleetView(live, query) {
  const machines = new Map();
  const shown = { view: query.get('view') || '', status: query.get('status') || '', type: query.get('type') || '', site: query.get('site') || '',
    line: query.get('line') || '', q: query.get('q') || '', sort: query.get('sort') || '' };
  const changed = new Set();
  let larger = false;
  let failed = null;
  let turn = 0;
  let arranged = 0;
  let waiting = 0;
  let missing = 0;
  let queued = false;
  let closed = false;

  const summary = h('p', { class: 'dim', role: 'status' });
  const chips = h('div', { class: 'chips', role: 'group', 'aria-label': t.fleet.byStatus });
  const search = h('input', { type: 'search', placeholder: t.fleet.find, 'aria-label': t.fleet.find, value: shown.q, oninput: () => choose({ q: search.value.trim() }) });
  const order = select(t.fleet.order, Object.keys(SORTS).map((key) => [key === 'attention' ? '' : key, t.fleet.sorts[key]]), shown.sort, (sort) => choose({ sort }));
  const views = segments(t.fleet.view, [['', t.fleet.list], ['wall', t.fleet.wall]], shown.view, (view) => choose({ view }));
  const places = h('div', { class: 'tools places' });
  const column = h('div', { role: 'list', 'aria-label': t.fleet.machines });
  const wall = h('div', { class: 'wall' });
  const note = h('div', { class: 'note' });
  const beyond = h('p', { class: 'dim small note-line', hidden: true });
  const head = h('div', { class: 'row head', 'aria-hidden': 'true' },
    [['name', t.fleet.machine], ['status', t.fleet.status], ['health', t.fleet.health], ['score', t.fleet.score, t.fleet.scoreTitle], ['rul', t.fleet.rul, t.fleet.rulTitle],
      ['mode', t.fleet.mode], ['seen', t.fleet.seen]].map(([cell, label, title]) => h('span', { class: `cell c-${cell}`, title }, label)));
  const listPanel = h('div', { class: 'panel list' }, head, column, note);
  const element = h('section', { class: 'page fleet-page' },
    h('div', { class: 'page-head' }, h('div', {}, h('h1', {}, t.fleet.title), summary), h('div', { class: 'tools' }, search, order, views)),
    h('div', { class: 'filters' }, chips, places), listPanel, wall, beyond);

  const list = new VirtualColumn(column, () => new Row());
  const tiles = new VirtualColumn(wall, (row) => (row.kind === 'head' ? new WallHead() : new WallRow(row)));

  function choose(changes) {
    Object.assign(shown, changes);
    remember('#/', shown);
    if (larger && !('view' in changes)) load();
    else arrange();
  }

  const text = () => shown.q.toLowerCase();

  /** Whether the filters other than that of status let it through. */
  function fits(machine, wanted) {
    return (!shown.type || machine.machine_type === shown.type) && (!shown.site || machine.site === shown.site) && (!shown.line || machine.line === shown.line) &&
      (!wanted || [machine.machine_id, machine.machine_type, machine.site, machine.area, machine.line].some((each) => each && each.toLowerCase().includes(wanted)));
  }

  function put(machine) {
    const known = machines.get(machine.machine_id);
    if (known && machine.revision < known.revision) return;
    if (machine.retired) {
      if (machines.delete(machine.machine_id)) arrangeSoon();
      return;
    }
    // What comes live does not say where the machine stands, which the list knows.
    if (known) Object.assign(known, { commissioning: undefined }, machine);
    else machines.set(machine.machine_id, machine);
    changed.add(machine.machine_id);
    arrangeSoon();
    if (queued) return;
    queued = true;
    requestAnimationFrame(refresh);
  }

  /** Once a frame: the machines in sight that have changed. */
  function refresh() {
    queued = false;
    if (closed) return;
    if (shown.view === 'wall') {
      for (const row of tiles.inSight.values()) row.tiles?.forEach((tile) => { if (changed.has(tile.machine.machine_id)) tile.update(tile.machine); });
    } else {
      for (const [id, row] of list.inSight) if (changed.has(id)) row.update({ machine: machines.get(id) || row.machine });
    }
    changed.clear();
  }

  function arrangeSoon() {
    if (waiting) return;
    waiting = setTimeout(() => requestAnimationFrame(arrange), Math.max(0, arranged + ORDER_EVERY_MS - performance.now()));
  }

  function arrange() {
    clearTimeout(waiting);
    waiting = 0;
    arranged = performance.now();
    if (closed) return;
    const all = [...machines.values()];
    const wanted = text();
    const fitting = all.filter((machine) => fits(machine, wanted));
    const chosen = fitting.filter((machine) => !shown.status || machine.status === shown.status);
    showPlaces(all);
    count(fitting);
    const asWall = shown.view === 'wall' && chosen.length > 0;
    wall.hidden = !asWall;
    listPanel.hidden = asWall;
    order.hidden = shown.view === 'wall';
    head.hidden = !chosen.length;
    if (asWall) {
      list.show([]);
      showWall(chosen);
    } else {
      tiles.show([]);
      chosen.sort((a, b) => SORTS[shown.sort in SORTS ? shown.sort : 'attention'](a, b) || byName(a, b));
      list.show(chosen.map((machine) => ({ key: machine.machine_id, kind: 'row', height: rowHeight(machine), machine })));
    }
    beyond.hidden = !larger;
    setText(beyond, t.fleet.larger(whole(HELD_MAX)));
    if (failed) note.replaceChildren(failed);
    else if (!all.length && !turn) note.replaceChildren(...ghosts());
    else if (chosen.length) note.replaceChildren();
    else if (all.length || Object.values({ ...shown, view: '', sort: '' }).some(Boolean)) note.replaceChildren(h('p', { class: 'empty' }, t.fleet.noMatch, ' ', h('button', { class: 'link', type: 'button', onclick: showAll }, t.fleet.showAll)));
    else note.replaceChildren(empty());
  }

  function showAll() {
    search.value = '';
    choose({ status: '', type: '', site: '', line: '', q: '' });
  }

  // ---- The wall: by site, area and line, the worst first

  /** Who is on a machine with the keyboard stays on it, wherever it goes. */
  function showWall(chosen) {
    const focused = wall.contains(document.activeElement) ? document.activeElement.getAttribute('href') : null;
    tiles.show(wallOf(chosen));
    if (!focused || document.activeElement?.getAttribute('href') === focused) return;
    [...wall.querySelectorAll('a')].find((tile) => tile.getAttribute('href') === focused)?.focus({ preventScroll: true });
  }

  function wallOf(chosen) {
    const [, size, width, height, gap] = TILES.find(([most]) => chosen.length <= most);
    const grown = innerWidth >= 2200 && size !== 'small' ? 1.25 : 1;
    const columns = Math.max(1, Math.floor((wall.clientWidth + gap) / (width * grown + gap)));
    const groups = new Map();
    for (const machine of chosen) {
      const path = [machine.site, machine.area, machine.line].filter(Boolean);
      const place = path.join(' › ');
      if (!groups.has(place)) groups.set(place, { place, path, machines: [], counts: {} });
      const group = groups.get(place);
      group.machines.push(machine);
      group.counts[machine.status] = (group.counts[machine.status] || 0) + 1;
    }
    const worst = (group) => STATUSES.findIndex((each) => group.counts[each]);
    const rows = [];
    for (const group of [...groups.values()].sort((a, b) => worst(a) - worst(b) || byPlace.compare(a.place, b.place))) {
      if (groups.size > 1 || group.place) rows.push({ key: `head ${group.place}`, kind: 'head', height: GROUP_PX, ...group, path: group.path.length ? group.path : [t.fleet.noPlace] });
      group.machines.sort((a, b) => rank(a) - rank(b) || byName(a, b));
      for (let i = 0; i < group.machines.length; i += columns) {
        const last = i + columns >= group.machines.length;
        rows.push({ key: `${group.place} ${i}`, kind: `${size}${grown > 1 ? ' grown' : ''}`, size, height: Math.round(height * grown) + (last ? GROUP_GAP_PX : gap), columns, place: group.place, machines: group.machines.slice(i, i + columns) });
      }
    }
    return rows;
  }

  // ---- What can be filtered by

  function count(fitting) {
    const counts = {};
    for (const machine of fitting) counts[machine.status] = (counts[machine.status] || 0) + 1;
    setText(summary, turn ? t.fleet.summary(fitting.length, counts.alarm || 0, whole) : '');
    const key = JSON.stringify([counts, fitting.length, shown.status]);
    if (chips.dataset.key === key) return;
    chips.dataset.key = key;
    const focused = [...chips.children].indexOf(document.activeElement);
    chips.replaceChildren(...[['', fitting.length], ...STATUSES.map((each) => [each, counts[each] || 0])].map(([each, n]) =>
      h('button', { type: 'button', class: 'chip', 'data-status': each, 'aria-pressed': String(shown.status === each), disabled: Boolean(each) && !n && shown.status !== each,
        onclick: () => choose({ status: shown.status === each ? '' : each }) },
        each ? statusIcon(each) : null, h('span', {}, each ? words(each) : t.fleet.all), h('b', { class: 'num' }, whole(n)))));
    if (focused >= 0) chips.children[focused].focus();
  }

  function showPlaces(all) {
    const filters = [['type', 'machine_type', t.fleet.allTypes], ['site', 'site', t.fleet.allSites], ['line', 'line', t.fleet.allLines]].map(([name, member, label]) =>
      [name, label, [...new Set([...all.map((machine) => machine[member]).filter(Boolean), shown[name]].filter(Boolean))].sort(byPlace.compare)]).filter(([name, , values]) => values.length > 1 || shown[name]);
    const key = JSON.stringify(filters);
    if (places.dataset.key === key) return;
    places.dataset.key = key;
    places.replaceChildren(...filters.map(([name, label, values]) =>
      select(label, [['', label], ...values.map((value) => [value, words(value)])], shown[name], (value) => choose({ [name]: value }))));
  }

  // ---- Loading

  const ghosts = () => [...Array.from({ length: 6 }, () => h('div', { class: 'ghost', 'aria-hidden': 'true' })), h('p', { class: 'hidden', role: 'status' }, t.frame.loading)];

  const empty = () => h('div', { class: 'empty' }, h('h2', {}, t.fleet.none), h('p', {}, t.fleet.noneMqtt), h('code', {}, 'twin/v1/machines/press-7/readings'),
    h('p', {}, t.fleet.noneHttp), h('code', {}, '/api/v1/machines/press-7/readings'));

  async function load() {
    const mine = ++load.turn;
    // Of a fleet that is too large to hold, the filters choose what is held.
    const filters = larger ? { status: shown.status, type: shown.type, site: shown.site, line: shown.line, q: shown.q, sort: { rul: 'rul', score: 'score' }[shown.sort] } : {};
    try {
      const found = [];
      let cursor = null;
      do {
        const page = await api.fleet({ ...filters, limit: PAGE, cursor });
        if (closed || mine !== load.turn) return;
        cursor = page.next_cursor;
        found.push(...page.items);
        if (!turn) page.items.forEach(put);
      } while (cursor && found.length < HELD_MAX);
      const there = new Set(found.map((machine) => machine.machine_id));
      for (const id of machines.keys()) if (!there.has(id)) machines.delete(id);
      found.forEach(put);
      larger = larger || Boolean(cursor);
      failed = null;
      turn++;
    } catch (e) {
      if (closed || mine !== load.turn) return;
      failed = machines.size ? null : h('div', { class: 'empty' }, h('h2', {}, t.fleet.cannot), h('p', {}, e.message),
        h('button', { type: 'button', onclick: load }, t.frame.tryAgain));
      turn++;
    }
    arrange();
  }
  load.turn = 0;

  /** Asks the list for what the stream has not told. */
  function loadSoon() {
    if (!missing) missing = setTimeout(() => { missing = 0; load(); }, MISSING_EVERY_MS);
  }

  function heard(state) {
    if (!machines.has(state.machine_id)) {
      if (larger) return;
      loadSoon();
    }
    put(fromState(state));
  }

  const stop = [
    live.on('state', heard),
    live.on('dropped', loadSoon),
    live.on('connection', (connection) => { if (connection === 'live' && turn) load(); }),
  ];
  const timer = setInterval(() => list.inSight.forEach((row) => row.tick()), 1000);
  const resized = new ResizeObserver(() => arrangeSoon());
  resized.observe(element);
  arrange();
  load();
  return { element, title: t.fleet.title, close: () => {
    closed = true;
    stop.forEach((f) => f());
    [waiting, missing].forEach(clearTimeout);
    clearInterval(timer);
    resized.disconnect();
    list.close();
    tiles.close();
  } };
}
