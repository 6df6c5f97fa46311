// Whether what a model is given is still what it was trained with, and how good the data of channels are.

import { h, loading, trouble } from './dom.js';
import { DASH, number, percent, timeOf, whole, words } from './format.js';
import { t } from './text.js';

const TAG = { drift: 'tag lost', watch: 'tag moved', none: 'tag gained', unknown: 'tag' };

const verdictTag = (verdict) => h('span', { class: TAG[verdict] || 'tag' }, t.drift.verdicts[verdict] || verdict);
const heads = (columns) => h('thead', {}, h('tr', {}, columns.map(([name, numeric]) => h('th', { scope: 'col', class: numeric ? 'num' : '' }, name))));
const table = (columns, rows) => h('div', { class: 'scroll' }, h('table', { class: 'grid-table' }, heads(columns), h('tbody', {}, rows)));
const num = (text) => h('td', { class: 'num' }, text);

/** Expected and observed shares side by side, a pair of bars for each bin; the table says the same in numbers. */
function bins(item) {
  const most = Math.max(0.01, ...item.bins.map((bin) => Math.max(bin.expected || 0, bin.observed || 0)));
  const bar = (share, kind) => {
    const element = h('span', { class: `bin ${kind}` });
    element.style.height = `${Math.round((100 * (share || 0)) / most)}%`;
    return element;
  };
  const title = item.bins.map((bin) => `${bin.up_to === undefined ? '∞' : `≤ ${number(bin.up_to)}`}: ${percent(bin.expected)} → ${percent(bin.observed)}`).join('\n');
  return h('span', { class: 'bins', role: 'img', 'aria-label': title, title }, item.bins.map((bin) => h('span', { class: 'bin-pair' }, bar(bin.expected, 'expected'), bar(bin.observed, 'observed'))));
}

export function driftTable(drift) {
  if (!drift.items.length) return h('p', { class: 'dim' }, t.drift.nothing);
  const serious = { drift: 0, watch: 1, unknown: 2, none: 3 };
  const items = [...drift.items].sort((a, b) => serious[a.verdict] - serious[b.verdict] || (b.psi || 0) - (a.psi || 0));
  return h('div', {},
    h('p', { class: 'dim small' }, t.drift.of(whole(drift.readings), timeOf(drift.from), timeOf(drift.to))),
    table([[t.drift.what], [t.drift.verdict], [t.drift.psi, true], [t.drift.chance, true], [t.drift.ks, true], [t.drift.shares], [t.drift.reference], [t.drift.since]],
      items.map((item) => h('tr', {}, h('th', { scope: 'row' }, words(item.name)), h('td', {}, verdictTag(item.verdict)), num(number(item.psi)), num(number(item.psi_by_chance)), num(number(item.ks)),
        h('td', {}, bins(item)), h('td', {}, t.drift.references[item.reference] || item.reference), h('td', {}, item.since ? timeOf(item.since) : DASH)))),
    h('p', { class: 'dim small' }, t.drift.text));
}

export function qualityTable(quality) {
  if (!quality.items.length) return h('p', { class: 'dim' }, t.drift.nothing);
  const share = (count, readings) => num(count ? percent(count / readings) : '0');
  return h('div', {},
    quality.interval ? h('p', { class: 'dim small' }, t.drift.interval(number(quality.interval.mean_seconds), percent(quality.interval.jitter))) : null,
    table([[t.drift.channel], [t.drift.good, true], [t.drift.missing, true], [t.drift.noNumber, true], [t.drift.outOfRange, true], [t.drift.stuck, true]],
      quality.items.map((item) => h('tr', {}, h('th', { scope: 'row' }, words(item.channel)), num(percent(item.good)), share(item.missing, item.readings), share(item.not_a_number, item.readings), share(item.out_of_range, item.readings), share(item.stuck, item.readings)))));
}

/** Something that is asked for when somebody opens it, and again each time. */
export function whenOpened(title, ask, show) {
  const body = h('div', {});
  const element = h('details', { class: 'figures' }, h('summary', {}, title), body);
  async function load() {
    if (!body.firstChild) body.replaceChildren(...loading(2));
    try {
      body.replaceChildren(show(await ask()));
    } catch (e) {
      body.replaceChildren(trouble(t.drift.cannot, e, load));
    }
  }
  element.addEventListener('toggle', () => { if (element.open) load(); });
  return element;
}

/** What bundles said against what was true. */
export function performanceTable(found) {
  if (!found.items.length) return h('p', { class: 'dim' }, t.drift.unproved);
  const share = (value) => num(value ? `${percent(value.value)} (${percent(value.low)}–${percent(value.high)})` : DASH);
  return h('div', {},
    h('p', { class: 'dim small' }, t.drift.interval30(timeOf(found.from), timeOf(found.to), number(found.false_alarms_per_machine_day))),
    table([[t.drift.bundle], [t.drift.alerts, true], [t.drift.confirmed, true], [t.drift.falseAlarms, true], [t.drift.precision, true], [t.drift.failures, true], [t.drift.recall, true], [t.drift.lead, true], [t.drift.rulLeft, true]],
      found.items.map((item) => h('tr', {}, h('th', { scope: 'row' }, item.model), num(whole(item.alerts)), num(whole(item.confirmed)), num(whole(item.false_alarms)), share(item.precision), num(whole(item.failures)), share(item.recall), num(number(item.lead_hours_p50)), num(number(item.rul_left_p50))))));
}

/** What a type's champion is given: a line that says when it is not what it was trained with, and the figures. */
export function driftPanel(drift, askQuality, askPerformance) {
  const moved = drift.items.filter((item) => item.verdict === 'drift');
  return h('div', { class: 'panel boxed bundle', 'data-drift': drift.verdict },
    h('div', { class: 'bundle-head' }, h('h3', {}, t.drift.title), verdictTag(drift.verdict)),
    moved.length ? h('p', { class: 'error', role: 'status' }, t.drift.moved(moved.map((item) => words(item.name)).join(', '))) : null,
    h('details', { class: 'figures', open: moved.length > 0 }, h('summary', {}, t.drift.figures), driftTable(drift)),
    whenOpened(t.drift.quality, askQuality, qualityTable),
    whenOpened(t.drift.performance, askPerformance, performanceTable));
}

/** The same of one machine, worked out when somebody opens it. */
export const machineData = (askDrift, askQuality) => whenOpened(t.drift.ofMachine, () => Promise.all([askDrift(), askQuality()]), ([drift, quality]) => h('div', {}, driftTable(drift), qualityTable(quality)));
