// One machine: how it is, why, and how it came to be so.

import * as api from './api.js';
import { Chart } from './chart.js';
import { h, setText } from './dom.js';
import { ago, channelName, fixed, number, words } from './format.js';
import { alertList, explanationPanel, factsOf, modesPanel, ratio } from './judgement.js';

const RANGES = { 300: '5 min', 900: '15 min', 3600: '1 h', 86400: '1 day', 604800: '1 week', newest: 'Newest 500' };
const STRETCHES = { period: 'a minute or more', hour: 'an hour', day: 'a day' };
const POINTS = 500;
const MAX_POINTS = 2000;
const SIMULATE_SECONDS = 120;
const EXPLAIN_EVERY_MS = 10000;

/** What can be drawn over time: a reading ahead of the clock would leave the rest no room on the axis. */
function drawable(items) {
  const inTime = items.filter((item) => item.placement !== 'ahead');
  return inTime.length ? inTime : items;
}

/** A point in time from an item of the history or from a state. */
function sample(reading, assessment, revision) {
  const usable = assessment && assessment.unavailable === undefined ? assessment : {};
  return { t: Date.parse(reading.timestamp), values: reading.values, quality: reading.quality || {}, assessment: usable, revision };
}

/** A stretch of readings in short, as a point in its middle with a band from its least to its greatest values. */
function stretch(item, unit) {
  return {
    t: (Date.parse(item.timestamp) + Date.parse(item.to)) / 2,
    values: item.values,
    low: item.min,
    high: item.max,
    quality: {},
    assessment: {
      anomaly_score: item.worst_score,
      threshold: item.worst_score === undefined ? undefined : 1,
      rul: item.least_rul === undefined ? undefined : { unit, p50: item.least_rul },
    },
  };
}

export function machineView(live, id) {
  let samples = [];
  let range = '900';
  let state = null;
  let closed = false;
  let channels = new Map();
  let loading = 0;
  let explainedFor = '';
  let explainedAt = 0;
  const charts = new Map();

  const title = h('h1', {}, id);
  const facts = h('div', { class: 'facts' });
  const subtitle = h('p', { class: 'dim' });
  const ranges = h('div', { class: 'segments', role: 'group', 'aria-label': 'Stretch of time' },
    Object.entries(RANGES).map(([key, label]) => h('button', { type: 'button', 'data-range': key, onclick: () => choose(key) }, label)));
  const notice = h('div', { class: 'notice', role: 'status', hidden: true });
  const alerts = h('section', { class: 'block', 'aria-label': 'Open alerts' });
  const simulator = h('section', { class: 'block', hidden: true, 'aria-label': 'Simulator' });
  const why = h('section', { class: 'block', hidden: true, 'aria-label': 'Assessment' });
  const explanation = h('section', { class: 'block', hidden: true, 'aria-label': 'Explanation' });
  const outcomes = h('div', { class: 'charts wide' });
  const small = h('div', { class: 'charts' });
  const features = h('section', { class: 'block', hidden: true });
  const historyNote = h('div', {});
  const body = h('div', {});
  const element = h('section', { class: 'page' },
    h('nav', { class: 'crumbs', 'aria-label': 'Where you are' }, h('a', { href: '#/' }, 'Fleet'), h('span', { 'aria-hidden': 'true' }, '/'), h('span', {}, id)),
    body);
  const past = h('a', { class: 'button', href: `#/machines/${encodeURIComponent(id)}/what-if` }, 'What if');
  const whole = [
    h('div', { class: 'page-head' }, h('div', {}, title, subtitle), h('div', { class: 'head-end' }, facts, past)),
    notice, alerts, simulator, why, explanation,
    h('div', { class: 'section-head' }, h('h2', {}, 'Health over time'), ranges), historyNote, outcomes,
    h('div', { class: 'section-head' }, h('h2', {}, 'Channels')), small, features];

  function showState() {
    const a = state.assessment || {};
    facts.replaceChildren(...factsOf(state));
    tick();
    showCommissioning();
    showAlerts();
    showWhy(a);
    showFeatures();
    explain();
  }

  function tick() {
    if (!state) return;
    const parts = [words(state.machine_type), (state.assessment || {}).model, `revision ${state.revision.toLocaleString('en')}`,
      state.reading ? `last reading ${ago(Date.parse(state.as_of))}` : 'no reading yet'];
    setText(subtitle, parts.filter(Boolean).join(' · '));
  }

  function showCommissioning() {
    const c = state.commissioning;
    const reason = (state.assessment || {}).unavailable;
    if (c && c.needed) {
      notice.replaceChildren(h('b', {}, 'Learning what is normal. '), `${c.readings} of ${c.needed} readings so far; it is not judged until then.`,
        h('progress', { max: c.needed, value: c.readings }));
    } else if (reason) {
      notice.replaceChildren(h('b', {}, 'No assessment. '), reason);
    }
    notice.hidden = !(c && c.needed) && !reason;
  }

  function showAlerts() {
    const key = JSON.stringify(state.alerts);
    if (alerts.dataset.key === key) return;
    alerts.dataset.key = key;
    alerts.replaceChildren(h('h2', {}, 'Open alerts'), alertList(state.alerts, (alert, failed) => {
      const waiting = alert.state === 'unacknowledged' || alert.state === 'returned_unacknowledged';
      if (!waiting) return null;
      const button = h('button', { type: 'button', onclick: () => acknowledge(alert, button, failed) }, 'Acknowledge');
      return button;
    }));
  }

  async function acknowledge(alert, button, failed) {
    button.disabled = true;
    setText(failed, '');
    try {
      await api.acknowledge(alert.alert_id);
      take(await api.state(id));
    } catch (e) {
      setText(failed, e.message);
      button.disabled = false;
    }
  }

  function showWhy(a) {
    why.hidden = a.failure_probability === undefined;
    if (why.hidden) return;
    why.replaceChildren(h('h2', {}, 'Failure'), modesPanel(a));
  }

  /** Asks why now and then, and at once when the status, the alerts or the likely failure are others. */
  async function explain() {
    const a = state.assessment;
    if (!a || a.unavailable !== undefined) {
      explanation.hidden = true;
      explainedFor = '';
      return;
    }
    const key = [state.status, a.failure_mode, a.model, ...state.alerts.map((alert) => alert.alert_id)].join();
    const now = Date.now();
    if (document.hidden || (key === explainedFor && now - explainedAt < EXPLAIN_EVERY_MS)) return;
    explainedFor = key;
    explainedAt = now;
    try {
      const answer = await api.explanation(id);
      if (!closed) showExplanation(answer);
    } catch (e) {
      if (closed) return;
      explanation.hidden = false;
      explanation.replaceChildren(h('h2', {}, 'Why'), h('p', { class: 'panel quiet-line' }, e.message));
    }
  }

  function showExplanation(answer) {
    const panel = explanationPanel(answer);
    explanation.hidden = !panel;
    explanation.replaceChildren(...(panel ? [h('h2', {}, 'Why'), panel] : []));
  }

  function showFeatures() {
    const entries = Object.entries(state.features || {});
    features.hidden = !entries.length;
    if (!entries.length) return;
    if (features.dataset.names !== entries.map(([name]) => name).join()) {
      features.dataset.names = entries.map(([name]) => name).join();
      features.replaceChildren(h('details', { class: 'panel features' }, h('summary', {}, `Features (${entries.length})`),
        h('dl', {}, entries.map(([name]) => h('div', {}, h('dt', {}, name), h('dd', { class: 'num' }))))));
    }
    features.querySelectorAll('dd').forEach((dd, i) => setText(dd, number(entries[i][1])));
  }

  async function showSimulator() {
    const info = await api.systemInfo().catch(() => null);
    const group = info && info.simulator && info.simulator.groups.find((each) => each.machines.includes(id));
    if (!group) return;
    const said = h('p', { class: 'dim small', role: 'status' }, `A profile runs for ${SIMULATE_SECONDS / 60} minutes, then the machine is normal again.`);
    const start = async (profile, button) => {
      button.disabled = true;
      try {
        await api.simulate(id, profile, profile === 'normal' ? null : SIMULATE_SECONDS);
        said.className = 'dim small';
        setText(said, profile === 'normal' ? 'Running normally.' : `Running ${words(profile)} for ${SIMULATE_SECONDS / 60} minutes.`);
      } catch (e) {
        said.className = 'error small';
        setText(said, e.message);
      } finally {
        button.disabled = false;
      }
    };
    simulator.hidden = false;
    simulator.replaceChildren(h('h2', {}, 'Simulator'), h('div', { class: 'panel simulator' },
      h('div', { class: 'buttons' }, group.profiles.map((profile) => {
        const button = h('button', { type: 'button', onclick: () => start(profile, button) }, words(profile));
        return button;
      })), said));
  }

  function chart(key, parent, options) {
    if (!charts.has(key)) {
      const made = new Chart(options);
      charts.set(key, made);
      parent.append(made.element);
    }
    return charts.get(key);
  }

  function showCharts() {
    if (!samples.length) return;
    const last = samples[samples.length - 1].t;
    const span = { from: range === 'newest' ? samples[0].t : last - 1000 * Number(range), to: last };
    const inSpan = samples.filter((p) => p.t >= span.from);
    const assessed = inSpan.some((p) => ratio(p.assessment) !== undefined);
    if (assessed) {
      chart('score', outcomes, { title: 'Anomaly score', unit: '× threshold', height: 190, floor: 0, format: (x) => fixed(x, 2) })
        .show(inSpan.map((p) => ({ t: p.t, y: ratio(p.assessment) ?? null })), span, 1);
    }
    const lived = inSpan.find((p) => p.assessment.rul);
    if (lived) {
      chart('rul', outcomes, { title: 'Remaining useful life', unit: lived.assessment.rul.unit, height: 190, floor: 0, format: (x) => number(Math.round(x)) })
        .show(inSpan.map((p) => ({ t: p.t, y: p.assessment.rul?.p50 ?? null, low: p.assessment.rul?.p10, high: p.assessment.rul?.p90 })), span);
    }
    outcomes.hidden = !charts.has('score') && !charts.has('rul');
    const names = new Set(channels.keys());
    for (const p of inSpan) Object.keys(p.values).forEach((name) => names.add(name));
    for (const name of names) {
      const unit = channels.get(name) || '';
      chart('channel ' + name, small, { title: channelName(name, unit), unit })
        .show(inSpan.map((p) => ({ t: p.t, y: p.values[name] ?? null, low: p.low?.[name], high: p.high?.[name], bad: p.quality[name] === 'bad' })), span);
    }
  }

  /** Takes a state that is newer than the one shown. */
  function take(next) {
    if (closed || (state && next.revision < state.revision)) return;
    state = next;
    if (!body.firstChild || body.dataset.kind !== 'whole') {
      body.dataset.kind = 'whole';
      body.replaceChildren(...whole);
    }
    showState();
    if (next.reading) {
      const t = Date.parse(next.reading.timestamp);
      if (samples.length && t > samples[samples.length - 1].t) {
        samples.push(sample(next.reading, next.assessment, next.revision));
        if (samples.length > MAX_POINTS) samples.splice(0, samples.length - MAX_POINTS);
        showCharts();
      }
    }
  }

  async function choose(key) {
    range = key;
    ranges.querySelectorAll('button').forEach((b) => b.setAttribute('aria-pressed', String(b.dataset.range === key)));
    const turn = ++loading;
    outcomes.classList.add('loading');
    small.classList.add('loading');
    // Before the first answer there is nothing that could be shown as being replaced.
    if (!charts.size) historyNote.replaceChildren(h('div', { class: 'ghost tall', 'aria-hidden': 'true' }), h('p', { class: 'hidden', role: 'status' }, 'Loading the history'));
    try {
      const newest = state && state.as_of ? Date.parse(state.as_of) : Date.now();
      const answer = await api.readings(id, range === 'newest' ? { points: POINTS }
        : { points: POINTS, from: new Date(newest - 1000 * Number(range)).toISOString() });
      if (closed || turn !== loading) return;
      const shown = samples.length ? samples[samples.length - 1] : null;
      const coarse = STRETCHES[answer.resolution];
      const items = drawable(answer.items);
      samples = items.map((item) => (coarse ? stretch(item, state?.assessment?.rul?.unit) : sample(item, item.assessment, item.revision)))
        .sort((a, b) => a.t - b.t);
      if (shown && samples.length && shown.t > samples[samples.length - 1].t) samples.push(shown);
      const ahead = answer.items.length - items.length;
      historyNote.replaceChildren(...(!samples.length ? [h('p', { class: 'panel empty' }, 'There are no readings in this stretch of time.')]
        : coarse ? [h('p', { class: 'dim small' }, `Each point stands for ${coarse}: the mean and the band of all values, the worst score, the least remaining life.`)]
        : ahead ? [h('p', { class: 'dim small' }, `Not drawn: ${ahead} ${ahead === 1 ? 'reading' : 'readings'} with a time ahead of the clock.`)] : []));
      showCharts();
    } catch (e) {
      if (closed || turn !== loading) return;
      historyNote.replaceChildren(h('div', { class: 'panel empty' }, h('p', {}, e.message), h('button', { type: 'button', onclick: () => choose(range) }, 'Try again')));
    } finally {
      if (turn === loading) {
        outcomes.classList.remove('loading');
        small.classList.remove('loading');
      }
    }
  }

  async function load() {
    if (!state) body.replaceChildren(h('div', { class: 'ghost tall' }), h('div', { class: 'ghost tall' }), h('p', { class: 'hidden', role: 'status' }, 'Loading'));
    try {
      const [now, description] = await Promise.all([api.state(id), api.machine(id)]);
      if (closed) return;
      channels = new Map(description.channels.map((channel) => [channel.name, channel.unit || '']));
      take(now);
      await choose(range);
    } catch (e) {
      if (closed || state) return;
      body.replaceChildren(h('div', { class: 'panel empty' },
        h('h2', {}, e.status === 404 ? 'There is no such machine' : 'The machine cannot be shown'), h('p', {}, e.message),
        h('p', {}, h('button', { type: 'button', onclick: load }, 'Try again'), ' ', h('a', { href: '#/' }, 'Back to the fleet'))));
    }
  }

  const stop = [
    live.on('state', (next) => { if (next.machine_id === id) take(next); }),
    live.on('connection', (connection) => { if (connection === 'live') load(); }),
  ];
  const timer = setInterval(tick, 1000);
  load();
  showSimulator();
  return {
    element,
    title: id,
    close: () => {
      closed = true;
      stop.forEach((f) => f());
      clearInterval(timer);
      charts.forEach((each) => each.close());
    },
  };
}
