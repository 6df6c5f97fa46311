// The alerts as an inbox: open ones first, the worst first; by mouse, by keyboard, several at once.

import { act, actionsFor, AWAY, byKey, keys, OPEN, WAITING } from './actions.js';
import * as api from './api.js';
import { h, loading, remember, segments, select, setText, SEVERITIES, severityLabel, trouble } from './dom.js';
import { ago, fixed, number, percent, rul, timeOf, whole as grouped, words } from './format.js';
import { because, contributionTable, fact, severityRank } from './judgement.js';
import { t } from './text.js';

const PAGE = 500;
/** A burst of changes is one look at the list, which follows the twins by a fraction of this. */
const AGAIN_AFTER_MS = 700;
const FIND_AFTER_MS = 250;

/** What each choice of the inbox asks the server for. */
const STATES = { open: OPEN, unacknowledged: WAITING, away: AWAY, closed: ['normal'], all: [] };
const waits = (alert) => WAITING.includes(alert.state);
const order = (a, b) => (a.state === 'normal') - (b.state === 'normal') || severityRank(a) - severityRank(b) || waits(b) - waits(a) || (a.raised_at < b.raised_at ? 1 : -1);

export function alertsView(live, opened, query) {
  const shown = { state: query.get('state') || '', severity: query.get('severity') || '', machine: query.get('machine') || '' };
  let all = [];
  let items = [];
  let cursor = null;
  let closed = false;
  let turn = 0;
  let again = 0;
  let finding = 0;
  let current = opened || null;
  const chosen = new Set();
  const rows = new Map();

  const summary = h('p', { class: 'dim', role: 'status' });
  const states = segments(t.alerts.states, ['', ...Object.keys(STATES).slice(1)].map((key) => [key, t.alerts.choices[key || 'open']]), shown.state, (state) => choose({ state }));
  const severities = select(t.alerts.severity, [['', t.alerts.anySeverity], ...SEVERITIES.map((each) => [each, words(each)])], shown.severity, (severity) => choose({ severity }));
  const machine = h('input', { type: 'search', placeholder: t.alerts.machine, 'aria-label': t.alerts.machine, value: shown.machine,
    oninput: () => { clearTimeout(finding); finding = setTimeout(() => choose({ machine: machine.value.trim() }), FIND_AFTER_MS); } });
  const whole = h('input', { type: 'checkbox', 'aria-label': t.alerts.chooseAll, onchange: () => { items.forEach((alert) => (whole.checked ? chosen.add(alert.alert_id) : chosen.delete(alert.alert_id))); showChosen(); } });
  const bar = h('div', { class: 'action-bar', role: 'toolbar', 'aria-label': t.alerts.actions });
  const said = h('p', { class: 'small', role: 'status' });
  const incidents = h('div', {});
  const list = h('ul', { class: 'inbox', 'aria-label': t.alerts.title });
  const note = h('div', {}, loading(4));
  const more = h('button', { type: 'button', hidden: true, onclick: () => load(true) }, t.alerts.more);
  const detail = h('aside', { class: 'detail', 'aria-label': t.alerts.detail, hidden: true });
  const help = h('p', { class: 'dim small keys' }, [['j', t.alerts.next], ['k', t.alerts.previous], ['x', t.alerts.choose], ['Enter', t.alerts.openIt], ...keys()].map(([key, what]) => h('span', {}, h('kbd', {}, key), ' ', what)));
  const element = h('section', { class: 'page inbox-page', onkeydown: pressed },
    h('div', { class: 'page-head' }, h('div', {}, h('h1', {}, t.alerts.title), summary), h('div', { class: 'tools' }, machine, severities, states)),
    incidents,
    h('div', { class: 'split' }, h('div', { class: 'split-list' }, h('div', { class: 'panel' }, h('div', { class: 'inbox-head' }, h('label', { class: 'check' }, whole), bar, said), list, note), more, help), detail));

  const find = (id) => items.find((alert) => alert.alert_id === id);
  const address = () => (current ? `#/alerts/${encodeURIComponent(current)}` : '#/alerts');

  function choose(changes) {
    Object.assign(shown, changes);
    chosen.clear();
    remember(address(), shown);
    load();
  }

  // ---- The list

  async function load(onward) {
    const mine = ++turn;
    const states = STATES[shown.state || 'open'] || STATES.open;
    const asked = { severity: shown.severity, state: states.join(','), limit: PAGE };
    try {
      let page = await api.alerts({ ...asked, cursor: onward ? cursor : null });
      // Where not all of them are here, the server finds those of a machine that is named in full.
      if (page.next_cursor && shown.machine && !onward) page = await api.alerts({ ...asked, machine: shown.machine });
      if (closed || mine !== turn) return;
      cursor = page.next_cursor;
      const found = new Map((onward ? all : []).map((alert) => [alert.alert_id, alert]));
      page.items.forEach((alert) => found.set(alert.alert_id, alert));
      all = [...found.values()].sort(order);
      for (const id of chosen) if (!found.has(id)) chosen.delete(id);
      more.hidden = !cursor;
      showList();
      showIncidents();
    } catch (e) {
      if (closed || mine !== turn) return;
      all = [];
      showList();
      note.replaceChildren(trouble(t.alerts.cannot, e, () => load()));
    }
  }

  function showList() {
    const focused = list.contains(document.activeElement) ? document.activeElement.closest('li')?.dataset.id : null;
    const text = shown.machine.toLowerCase();
    items = all.filter((alert) => [alert.machine_id, alert.line, alert.site].some((each) => each?.toLowerCase().includes(text)));
    const present = new Set(items.map((alert) => alert.alert_id));
    for (const id of rows.keys()) if (!present.has(id)) rows.delete(id);
    list.replaceChildren(...items.map(row));
    if (focused && rows.has(focused)) rows.get(focused).link.focus({ preventScroll: true });
    note.replaceChildren(...(items.length ? [] : [h('div', { class: 'empty' }, h('h2', {}, shown.severity || shown.machine || shown.state ? t.alerts.noMatch : t.alerts.none), h('p', {}, shown.severity || shown.machine || shown.state ? '' : t.alerts.noneText))]));
    const waiting = items.filter(waits).length;
    setText(summary, items.length ? t.alerts.summary(items.length, waiting, grouped) : '');
    showChosen();
  }

  function row(alert) {
    const key = JSON.stringify(alert);
    const known = rows.get(alert.alert_id);
    if (known && known.key === key) {
      setText(known.when, ago(Date.parse(alert.raised_at)));
      return known.element;
    }
    const box = h('input', { type: 'checkbox', 'aria-label': t.alerts.chooseOne(words(alert.failure_type), alert.machine_id), tabindex: -1, onchange: () => toggle(alert.alert_id, box.checked) });
    const when = h('span', { class: 'dim small num' }, ago(Date.parse(alert.raised_at)));
    const link = h('button', { type: 'button', class: 'inbox-link', onclick: () => open(alert.alert_id) },
      severityLabel(alert.severity),
      h('span', { class: 'alert-what' }, h('b', {}, words(alert.failure_type)), h('span', { class: 'dim small' }, [alert.machine_id, alert.line].filter(Boolean).join(' · '))),
      h('span', { class: 'state', 'data-waits': String(waits(alert)) }, words(alert.state)), when);
    const made = h('li', { 'data-id': alert.alert_id, 'data-severity': alert.severity, 'data-state': alert.state }, h('label', { class: 'check' }, box), link);
    rows.set(alert.alert_id, { key, element: made, box, link, when });
    return made;
  }

  function toggle(id, on) {
    if (on) chosen.add(id);
    else chosen.delete(id);
    showChosen();
  }

  /** Those that an action is about: the chosen ones, or the one that is looked at. */
  const meant = () => (chosen.size ? items.filter((alert) => chosen.has(alert.alert_id)) : [focusedAlert() || find(current)].filter(Boolean));
  const focusedAlert = () => find(list.contains(document.activeElement) ? document.activeElement.closest('li')?.dataset.id : null);

  function showChosen() {
    rows.forEach((each, id) => {
      each.box.checked = chosen.has(id);
      each.element.classList.toggle('current', id === current);
    });
    whole.checked = items.length > 0 && chosen.size === items.length;
    whole.indeterminate = chosen.size > 0 && chosen.size < items.length;
    const about = items.filter((alert) => chosen.has(alert.alert_id));
    bar.replaceChildren(about.length ? h('b', { class: 'num' }, t.alerts.chosen(about.length)) : h('span', { class: 'dim small' }, t.alerts.chooseSome), ...buttons(about));
  }

  const buttons = (about) => actionsFor(about).map((action) =>
    h('button', { type: 'button', 'data-action': action.name, title: action.key ? t.alerts.key(action.key) : null, onclick: () => run(action, about) }, t.actions.names[action.name]));

  async function run(action, about) {
    said.className = 'dim small';
    setText(said, '');
    try {
      const done = await act(action, about);
      if (done === null || closed) return;
      setText(said, t.alerts.done(t.actions.names[action.name], done));
      chosen.clear();
    } catch (e) {
      said.className = 'error small';
      setText(said, e.message);
    }
    soon();
  }

  async function showIncidents() {
    const answer = await api.incidents({ state: 'open' }).catch(() => null);
    if (closed) return;
    const several = (answer?.items || []).filter((each) => each.machine_count > 1);
    incidents.replaceChildren(...(several.length ? [h('section', { class: 'block' }, h('h2', {}, t.alerts.incidents), h('ul', { class: 'panel alerts' }, several.map((each) => h('li', {},
      severityLabel(each.severity), h('span', { class: 'alert-what' }, h('b', {}, [each.site, each.area, each.line].filter(Boolean).join(' › ') || each.first_cause.machine_id), h('span', { class: 'dim small' }, [t.alerts.incident(each.machine_count, each.open_alerts), t.alerts.began(words(each.first_cause.failure_type), each.first_cause.machine_id, timeOf(each.started_at))].join(' · '))), h('button', { type: 'button', onclick: () => { chosen.clear(); items.filter((alert) => each.machines.includes(alert.machine_id)).forEach((alert) => chosen.add(alert.alert_id)); showChosen(); } }, t.alerts.chooseThese)))))] : []));
  }

  // ---- One alert

  async function open(id) {
    current = id;
    remember(address(), shown);
    showChosen();
    detail.hidden = false;
    if (detail.dataset.id !== id) detail.replaceChildren(...loading());
    detail.dataset.id = id;
    element.classList.add('with-detail');
    try {
      const alert = await api.alert(id);
      if (!closed && current === id) showDetail(alert);
    } catch (e) {
      if (!closed && current === id) detail.replaceChildren(h('div', { class: 'panel' }, trouble(t.alerts.cannotOne, e, () => open(id), ' ', closeButton())));
    }
  }

  function closeDetail() {
    const was = rows.get(current);
    current = null;
    detail.hidden = true;
    element.classList.remove('with-detail');
    remember(address(), shown);
    showChosen();
    was?.link.focus({ preventScroll: true });
  }

  const closeButton = () => h('button', { type: 'button', onclick: closeDetail }, t.alerts.close);

  function showDetail(alert) {
    const machinePage = `#/machines/${encodeURIComponent(alert.machine_id)}`;
    // The reading that explains it, or else its newest change.
    const moment = alert.links?.state?.match(/revision=(\d+)/)?.[1] || alert.revision;
    const contributions = alert.explanation || [];
    const life = alert.life || [];
    detail.replaceChildren(h('div', { class: 'panel' },
      h('div', { class: 'detail-head' }, severityLabel(alert.severity), h('h2', {}, words(alert.failure_type)), closeButton()),
      h('p', {}, h('a', { href: machinePage }, alert.machine_id), h('span', { class: 'dim' }, ` · ${words(alert.state)}`)),
      h('div', { class: 'facts' }, fact(t.alerts.raised, timeOf(alert.raised_at)),
        alert.shelved_until ? fact(t.alerts.shelvedUntil, timeOf(alert.shelved_until)) : null,
        fact(t.judgement.score, fixed(alert.score, 2)), alert.rul ? fact(t.judgement.rul, rul(alert.rul), alert.rul.p10 === undefined ? null : h('span', { class: 'dim small' }, t.judgement.band(number(Math.round(alert.rul.p10)), number(Math.round(alert.rul.p90))))) : null,
        alert.failure_probability === undefined ? null : fact(t.judgement.probability, percent(alert.failure_probability))),
      h('div', { class: 'buttons' }, buttons([alert]), h('a', { class: 'button', href: `${machinePage}/at/${moment}` }, t.alerts.asItWas)),
      contributions.length ? h('section', { class: 'explained-in' }, h('h3', {}, t.machine.why), contributionTable(contributions)) : null,
      life.length ? h('section', {}, h('h3', {}, t.alerts.life), h('ol', { class: 'life' }, life.map((change) => h('li', {},
        h('b', {}, change.to ? words(change.to) : `${words(change.event)}: ${t.actions.verdicts[change.verdict] || ''}`), h('span', { class: 'dim small' }, timeOf(change.recorded_at)),
        h('span', { class: 'small' }, because(change.cause)), [change.finding, change.note].filter(Boolean).map((said) => h('span', { class: 'small' }, said)))))) : null));
  }

  // ---- By keyboard

  function pressed(event) {
    const typing = event.target.closest('input:not([type=checkbox]), textarea, select, dialog');
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const steps = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };
    const action = byKey(event.key);
    const here = focusedAlert();
    if (event.key in steps) {
      const at = items.indexOf(here || find(current));
      const next = items[Math.max(0, Math.min(items.length - 1, at + steps[event.key]))];
      if (next) rows.get(next.alert_id).link.focus();
    } else if (event.key === 'x' && here) {
      toggle(here.alert_id, !chosen.has(here.alert_id));
    } else if (event.key === 'Escape' && current) {
      closeDetail();
    } else if (action && meant().length && actionsFor(meant()).includes(action)) {
      run(action, meant());
    } else {
      return;
    }
    event.preventDefault();
  }

  function soon(afterMs = AGAIN_AFTER_MS) {
    if (again) return;
    again = setTimeout(() => {
      again = 0;
      load();
      if (current) open(current);
    }, afterMs);
  }

  const stop = [
    live.on('alert', () => soon()),
    live.on('connection', (connection) => { if (connection === 'live') soon(0); }),
  ];
  const timer = setInterval(() => items.forEach((alert) => setText(rows.get(alert.alert_id).when, ago(Date.parse(alert.raised_at)))), 10000);
  load();
  if (current) open(current);
  return { element, title: t.alerts.title, close: () => {
    closed = true;
    stop.forEach((f) => f());
    clearTimeout(again);
    clearTimeout(finding);
    clearInterval(timer);
  } };
}
