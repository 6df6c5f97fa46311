// What is told of a machine at a moment, on the page of the machine and on that of a moment in its past.

import { h, statusLabel } from './dom.js';
import { DASH, fixed, fullTime, number, percent, rul, words } from './format.js';

const SEVERITIES = ['critical', 'high', 'medium', 'low'];

/** The anomaly score as everywhere on these pages: 1 is the threshold. */
export const ratio = (a) => (a.threshold ? a.anomaly_score / a.threshold : undefined);

export function fact(label, value, extra) {
  return h('div', { class: 'fact' }, h('span', { class: 'dim' }, label), h('b', { class: 'num' }, value), extra);
}

export function factsOf(state) {
  const a = state.assessment || {};
  return [
    h('div', { class: 'fact' }, h('span', { class: 'dim' }, 'Status'), statusLabel(state.status)),
    fact('Health', percent(state.health)),
    fact('Score', fixed(ratio(a), 2), ratio(a) === undefined ? null : h('span', { class: 'dim small' }, '× threshold')),
    fact('Remaining life', rul(a.rul), a.rul && a.rul.p10 !== undefined
      ? h('span', { class: 'dim small' }, `${number(Math.round(a.rul.p10))} to ${number(Math.round(a.rul.p90))}`) : null),
  ];
}

/** Open alerts, the most severe first; an action may add something to each. */
export function alertList(alerts, action) {
  if (!alerts.length) return h('p', { class: 'panel quiet-line' }, 'None.');
  const rank = (alert) => SEVERITIES.indexOf(alert.severity);
  return h('ul', { class: 'panel alerts' }, [...alerts].sort((a, b) => rank(a) - rank(b)).map((alert) => {
    const failed = h('span', { class: 'error', role: 'alert' });
    return h('li', { 'data-severity': alert.severity },
      h('span', { class: 'severity', 'data-severity': alert.severity }, alert.severity),
      h('span', { class: 'alert-what' }, h('b', {}, words(alert.failure_type)),
        h('span', { class: 'dim small' }, `${words(alert.state)} · since ${fullTime(Date.parse(alert.raised_at))}`), failed),
      action ? action(alert, failed) : null);
  }));
}

export function modesPanel(a) {
  const modes = Object.entries(a.failure_modes || {}).sort((x, y) => y[1] - x[1]);
  return h('div', { class: 'panel modes' },
    h('div', { class: 'mode-lead' }, h('span', { class: 'dim' }, 'Probability'), h('b', { class: 'num big' }, percent(a.failure_probability)),
      h('span', {}, a.failure_mode === 'none' ? 'no failure likely' : words(a.failure_mode))),
    h('ul', {}, modes.map(([mode, p]) => {
      const bar = h('i');
      bar.style.width = `${Math.round(100 * p)}%`;
      return h('li', {}, h('span', {}, words(mode)), h('span', { class: 'meter', 'aria-hidden': 'true' }, bar), h('span', { class: 'num' }, percent(p)));
    })));
}

function explainedName(it) {
  if (it.kind === 'rul') return `Remaining life of ${number(Math.round(it.value))} ${it.unit || ''}`.trim();
  if (it.kind === 'anomaly') return `Anomaly score of ${words(it.name)}: ${fixed(it.value / it.threshold, 2)} × threshold`;
  return `${it.kind === 'failure' ? 'Failure' : words(it.name)}: ${percent(it.value)}`;
}

/** What mattered most; null when nothing did. */
export function explanationPanel(answer) {
  const band = (expected) => (expected ? `${number(expected.low)} to ${number(expected.high)}` : DASH);
  const beyond = (c) => c.expected && (c.value < c.expected.low || c.value > c.expected.high);
  const shared = answer.contributions.filter((c) => c.contribution !== 0);
  if (!shared.length) return null;
  return h('div', { class: 'panel explained' },
    h('p', {}, explainedName(answer.explained), h('span', { class: 'dim small' }, ` · reading of ${fullTime(Date.parse(answer.timestamp))}`)),
    h('table', {}, h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'What mattered most'), h('th', { scope: 'col', class: 'num' }, 'Value'), h('th', { scope: 'col', class: 'num' }, 'Usual'))),
      h('tbody', {}, shared.map((c) => h('tr', {}, h('td', {}, words(c.feature)),
        h('td', { class: beyond(c) ? 'num beyond' : 'num' }, number(c.value), beyond(c) ? h('span', { class: 'hidden' }, ' (beyond what is usual)') : null),
        h('td', { class: 'num dim' }, band(c.expected)))))));
}
