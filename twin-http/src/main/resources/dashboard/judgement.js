// What is told of a machine at a moment, now or in its past.

import { h, SEVERITIES, severityLabel, statusLabel } from './dom.js';
import { DASH, fixed, number, percent, rul, timeOf, words } from './format.js';
import { t } from './text.js';

/** The anomaly score as everywhere on these pages: 1 is the threshold. */
export const ratio = (a) => (a.threshold ? a.anomaly_score / a.threshold : undefined);

export function fact(label, value, extra) {
  return h('div', { class: 'fact' }, h('span', { class: 'dim' }, label), h('b', { class: 'num' }, value), extra);
}

export function factsOf(state) {
  const a = state.assessment || {};
  return [
    h('div', { class: 'fact' }, h('span', { class: 'dim' }, t.judgement.status), statusLabel(state.status)),
    fact(t.judgement.health, percent(state.health)),
    fact(t.judgement.score, fixed(ratio(a), 2), ratio(a) === undefined ? null : h('span', { class: 'dim small' }, t.judgement.timesThreshold)),
    fact(t.judgement.rul, rul(a.rul), a.rul && a.rul.p10 !== undefined
      ? h('span', { class: 'dim small' }, t.judgement.band(number(Math.round(a.rul.p10)), number(Math.round(a.rul.p90)))) : null),
  ];
}

/** What the bundle in the shadow says beside the champion; null where there is none. */
export function shadowPanel(a) {
  if (!a) return null;
  const opinion = a.unavailable ? [h('span', {}, a.unavailable)] : [
    fact(t.judgement.score, fixed(ratio(a), 2), ratio(a) === undefined ? null : h('span', { class: 'dim small' }, t.judgement.timesThreshold)),
    a.failure_probability === undefined ? null : fact(t.judgement.probability, percent(a.failure_probability)),
    a.rul ? fact(t.judgement.rul, rul(a.rul)) : null,
  ];
  return h('div', { class: 'panel shadow' }, h('p', {}, a.model || '', h('span', { class: 'dim small' }, ` · ${t.judgement.shadowText}`)),
    h('div', { class: 'facts' }, opinion));
}

export const severityRank = (alert) => SEVERITIES.indexOf(alert.severity);

/** Open alerts, the most severe first; an action may add something to each. */
export function alertList(alerts, action) {
  if (!alerts.length) return h('p', { class: 'panel quiet-line' }, t.judgement.none);
  return h('ul', { class: 'panel alerts' }, [...alerts].sort((a, b) => severityRank(a) - severityRank(b)).map((alert) => {
    const failed = h('span', { class: 'error', role: 'alert' });
    return h('li', { 'data-severity': alert.severity }, severityLabel(alert.severity),
      h('span', { class: 'alert-what' }, h('b', {}, h('a', { href: `#/alerts/${encodeURIComponent(alert.alert_id)}` }, words(alert.failure_type))),
        h('span', { class: 'dim small' }, t.judgement.since(words(alert.state), timeOf(alert.raised_at))), failed),
      action ? action(alert, failed) : null);
  }));
}

export function modesPanel(a) {
  const modes = Object.entries(a.failure_modes || {}).sort((x, y) => y[1] - x[1]);
  return h('div', { class: 'panel modes' },
    h('div', { class: 'mode-lead' }, h('span', { class: 'dim' }, t.judgement.probability), h('b', { class: 'num big' }, percent(a.failure_probability)),
      h('span', {}, a.failure_mode === 'none' ? t.judgement.noFailure : words(a.failure_mode))),
    h('ul', {}, modes.map(([mode, p]) => {
      const bar = h('i');
      bar.style.width = `${Math.round(100 * p)}%`;
      return h('li', {}, h('span', {}, words(mode)), h('span', { class: 'meter', 'aria-hidden': 'true' }, bar), h('span', { class: 'num' }, percent(p)));
    })));
}

function explainedName(it) {
  if (it.kind === 'rul') return t.judgement.explainedRul(`${number(Math.round(it.value))} ${words(it.unit || '')}`.trim());
  if (it.kind === 'anomaly') return t.judgement.explainedAnomaly(words(it.name), fixed(it.value / it.threshold, 2));
  return `${it.kind === 'failure' ? t.judgement.failure : words(it.name)}: ${percent(it.value)}`;
}

/** Features with their values beside what is usual. */
export function contributionTable(contributions) {
  // What only has a limit is usual on one side of it.
  const band = (e) => (!e ? DASH : e.low === undefined ? `< ${number(e.high)}` : e.high === undefined ? `> ${number(e.low)}` : t.judgement.band(number(e.low), number(e.high)));
  const beyond = (c) => c.expected && (c.value < c.expected.low || c.value > c.expected.high);
  return h('table', {}, h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, t.judgement.mattered), h('th', { scope: 'col', class: 'num' }, t.judgement.value), h('th', { scope: 'col', class: 'num' }, t.judgement.usual))),
    h('tbody', {}, contributions.map((c) => h('tr', {}, h('td', {}, words(c.feature)),
      h('td', { class: beyond(c) ? 'num beyond' : 'num' }, number(c.value), beyond(c) ? h('span', { class: 'hidden' }, ` (${t.judgement.beyond})`) : null),
      h('td', { class: 'num dim' }, band(c.expected))))));
}

/** What mattered most; null when nothing did. */
export function explanationPanel(answer) {
  const shared = answer.contributions.filter((c) => c.contribution !== 0);
  if (!shared.length) return null;
  return h('div', { class: 'panel explained' },
    h('p', {}, explainedName(answer.explained), h('span', { class: 'dim small' }, ` · ${t.judgement.readingOf(timeOf(answer.timestamp))}`)),
    contributionTable(shared));
}

/** Who or what brought an event about, in words. */
export function because(cause) {
  if (!cause) return DASH;
  if (cause.kind === 'principal') return `${cause.principal}${cause.reason ? `: ${cause.reason}` : ''}`;
  if (cause.kind === 'program') return t.judgement.byProgram(cause.reason);
  return t.judgement.bySource(cause.source, cause.queue);
}
