// One machine: how it is, why, and how it came to be so; now, or as it was after one event of its past.

import { act, actionsFor } from './actions.js';
import * as api from './api.js';
import { Chart } from './chart.js';
import { ask } from './dialog.js';
import { crumbs, h, loading, segments, setText, trouble } from './dom.js';
import { machineData } from './drift.js';
import { ago, channelName, fixed, number, timeOf, whole, words } from './format.js';
import { alertList, because, explanationPanel, factsOf, modesPanel, ratio, shadowPanel } from './judgement.js';
import { t } from './text.js';
import { Timeline } from './timeline.js';

const RANGES = ['300', '900', '3600', '86400', '604800', 'newest'];
const POINTS = 500;
const MAX_POINTS = 2000;
const SIMULATE_SECONDS = 120;
const EXPLAIN_EVERY_MS = 10000;
const KIND_MAX = 256;

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

/** When which alert held, from the changes of alerts in a stretch of time and those that are open after it. */
function alertStretches(events, open, from) {
  const held = new Map();
  for (const { body, watermark, recorded_at: recordedAt } of events) {
    const at = Date.parse(body.reading_at || watermark || recordedAt);
    const known = held.get(body.alert_id);
    if (known) known.to = body.to === 'normal' ? at : null;
    else held.set(body.alert_id, { name: body.failure_type || body.rule, severity: body.severity, from: body.from === 'normal' ? at : from, to: body.to === 'normal' ? at : null });
  }
  for (const alert of open) {
    if (!held.has(alert.alert_id)) held.set(alert.alert_id, { name: alert.failure_type, severity: alert.severity, from: Date.parse(alert.raised_at), to: null });
  }
  return [...held.values()];
}

export function machineView(live, id, revision) {
  const here = `#/machines/${encodeURIComponent(id)}`;
  let samples = [];
  let events = [];
  let range = '900';
  let now = null;
  // The state of the past that is shown instead, and the moment that was asked for.
  let then = null;
  let moment = null;
  let span = null;
  let closed = false;
  let channels = new Map();
  let turn = 0;
  let travelling = 0;
  let explainedFor = '';
  let explainedAt = 0;
  const charts = new Map();

  const facts = h('div', { class: 'facts' });
  const subtitle = h('p', { class: 'dim' });
  const ranges = segments(t.machine.stretch, RANGES.map((key) => [key, t.machine.ranges[key]]), range, (key) => choose(key));
  const notice = h('div', { class: 'notice', role: 'status', hidden: true });
  const past = h('section', { class: 'past', hidden: true, 'aria-label': t.machine.past });
  const alerts = h('section', { class: 'block', 'aria-label': t.machine.openAlerts });
  const simulator = h('section', { class: 'block', hidden: true, 'aria-label': t.machine.simulator });
  const why = h('section', { class: 'block', hidden: true, 'aria-label': t.judgement.failure });
  const shadow = h('section', { class: 'block', hidden: true, 'aria-label': t.judgement.shadow });
  const explanation = h('section', { class: 'block', hidden: true, 'aria-label': t.machine.why });
  const timeline = new Timeline({ move: mark, settle: (at) => (at === null ? toNow() : travel(at)) });
  const outcomes = h('div', { class: 'charts wide' });
  const small = h('div', { class: 'charts' });
  const thresholds = h('div', { class: 'dim', role: 'status', hidden: true });
  const features = h('section', { class: 'block', hidden: true });
  const data = h('section', { class: 'block' });
  const historyNote = h('div', {});
  const body = h('div', {});
  const element = h('section', { class: 'page' }, crumbs([t.fleet.title, '#/'], [id]), body);
  const parts = [
    h('div', { class: 'page-head' }, h('div', {}, h('h1', {}, id), subtitle), h('div', { class: 'head-end' }, facts,
      h('div', { class: 'buttons' }, api.may('operator') ? h('button', { type: 'button', onclick: maintain }, t.machine.maintenance) : null,
        h('a', { class: 'button', href: `${here}/what-if` }, t.whatif.title)))),
    past, notice, alerts, simulator, h('div', { class: 'pair' }, why, explanation), shadow,
    h('div', { class: 'section-head' }, h('h2', {}, t.machine.overTime), ranges), historyNote, timeline.element, outcomes, thresholds,
    h('div', { class: 'section-head' }, h('h2', {}, t.machine.channels)), small, features, data];

  // ---- What is shown of a state

  const shown = () => then || now;

  function showState() {
    const state = shown();
    facts.replaceChildren(...factsOf(state));
    tick();
    showNotice(state);
    showAlerts(state);
    const a = state.assessment || {};
    why.hidden = a.failure_probability === undefined;
    if (!why.hidden) why.replaceChildren(h('h2', {}, t.judgement.failure), modesPanel(a));
    const opinion = shadowPanel(state.shadow);
    shadow.hidden = !opinion;
    if (opinion) shadow.replaceChildren(h('h2', {}, t.judgement.shadow), opinion);
    showFeatures(state);
    showThresholds(state);
    if (!data.firstChild && state.machine_type) data.append(h('div', { class: 'panel features' }, machineData(() => api.modelDrift(state.machine_type, id), () => api.machineQuality(id))));
    explain(state);
  }

  function tick() {
    const state = shown();
    if (!state) return;
    const seen = !state.reading ? t.machine.noReading : then ? t.machine.itsTime(timeOf(state.as_of)) : t.machine.lastReading(ago(Date.parse(state.as_of)));
    setText(subtitle, [words(state.machine_type), (state.assessment || {}).model, t.machine.revision(whole(state.revision)), seen].filter(Boolean).join(' · '));
  }

  function showNotice(state) {
    const c = state.commissioning;
    const reason = (state.assessment || {}).unavailable;
    notice.hidden = !(c && c.needed) && !reason;
    if (c && c.needed) {
      notice.replaceChildren(h('b', {}, t.machine.learning, ' '), t.machine.learned(c.readings, c.needed), h('progress', { max: c.needed, value: c.readings, 'aria-label': t.machine.learning }));
    } else if (reason) {
      notice.replaceChildren(h('b', {}, t.machine.noAssessment, ' '), reason);
    }
  }

  function showAlerts(state) {
    const key = JSON.stringify([state.alerts, then !== null]);
    if (alerts.dataset.key === key) return;
    alerts.dataset.key = key;
    alerts.replaceChildren(h('h2', {}, then ? t.machine.openAlertsThen : t.machine.openAlerts), alertList(state.alerts, then ? null : alertButtons));
  }

  function alertButtons(alert, failed) {
    const buttons = actionsFor([alert]).filter((action) => ['acknowledge', 'shelve'].includes(action.name)).map((action) => {
      const button = h('button', { type: 'button', onclick: async () => {
        button.disabled = true;
        setText(failed, '');
        try {
          if (await act(action, [alert])) take(await api.state(id));
        } catch (e) {
          setText(failed, e.message);
        }
        button.disabled = false;
      } }, t.actions.names[action.name]);
      return button;
    });
    return h('span', { class: 'buttons' }, buttons);
  }

  /** Asks why now and then, and at once when the moment, the status, the alerts or the likely failure are others. */
  async function explain(state) {
    const a = state.assessment;
    if (!a || a.unavailable !== undefined) {
      explanation.hidden = true;
      explainedFor = '';
      return;
    }
    const key = [then ? then.revision : '', state.status, a.failure_mode, a.model, ...state.alerts.map((alert) => alert.alert_id)].join();
    const time = Date.now();
    if (document.hidden || (key === explainedFor && (then || time - explainedAt < EXPLAIN_EVERY_MS))) return;
    explainedFor = key;
    explainedAt = time;
    try {
      const answer = await api.explanation(id, then ? { revision: then.revision } : {});
      if (closed || explainedFor !== key) return;
      const panel = explanationPanel(answer);
      explanation.hidden = !panel;
      explanation.replaceChildren(...(panel ? [h('h2', {}, t.machine.why), panel] : []));
    } catch (e) {
      if (closed || explainedFor !== key) return;
      // Of an event without a reading there is nothing to explain.
      explanation.hidden = then !== null;
      explanation.replaceChildren(h('h2', {}, t.machine.why), h('p', { class: 'panel quiet-line' }, e.message));
    }
  }

  function showFeatures(state) {
    const entries = Object.entries(state.features || {});
    features.hidden = !entries.length;
    if (!entries.length) return;
    const names = entries.map(([name]) => name).join();
    if (features.dataset.names !== names) {
      features.dataset.names = names;
      const open = features.querySelector('details')?.open;
      features.replaceChildren(h('details', { class: 'panel features', open }, h('summary', {}, t.machine.features(entries.length)),
        h('dl', {}, entries.map(([name]) => h('div', {}, h('dt', {}, name), h('dd', { class: 'num' }))))));
    }
    features.querySelectorAll('dd').forEach((dd, i) => setText(dd, number(entries[i][1])));
  }

  /** Where the machine's own thresholds stand, in a sentence each. */
  function showThresholds(state) {
    const own = state.thresholds;
    thresholds.hidden = !own;
    if (!own) return;
    const text = (it) => t.machine.threshold(words(it.modality), number(it.value))
      + (it.calibrated === undefined ? t.machine.thresholdStays : t.machine.thresholdFollows(number(it.calibrated), number(it.lowest), number(it.highest)) + (own.frozen ? t.machine.thresholdFrozen : ''));
    thresholds.replaceChildren(...own.modalities.map((it) => h('p', { class: 'small' }, text(it))));
  }

  // ---- What people do

  async function maintain() {
    const done = await ask({ title: t.machine.maintainTitle(id), text: t.machine.maintainText, button: t.machine.maintainDo,
      fields: [{ name: 'kind', label: t.machine.maintainKind, required: true, maxlength: KIND_MAX, suggestions: t.machine.maintainKinds },
        { name: 'failure', label: t.machine.maintainFailure, maxlength: 64 },
        { name: 'note', label: t.actions.note, maxlength: KIND_MAX, lines: 3 }],
      action: ({ kind, failure, note }) => api.maintain(id, { kind, ...(failure ? { failure_mode: failure } : {}), ...(note ? { note } : {}) }) });
    if (!done || closed) return;
    take(await api.state(id));
    choose(range);
  }

  async function showSimulator() {
    const info = await api.systemInfo().catch(() => null);
    const group = info && info.simulator && info.simulator.groups.find((each) => each.machines.includes(id));
    if (!group || closed || !api.may('engineer')) return;
    const said = h('p', { class: 'dim small', role: 'status' }, t.machine.simulatorText(SIMULATE_SECONDS / 60));
    const start = async (profile, button) => {
      button.disabled = true;
      try {
        await api.simulate(id, profile, profile === 'normal' ? null : SIMULATE_SECONDS);
        said.className = 'dim small';
        setText(said, profile === 'normal' ? t.machine.runningNormally : t.machine.running(words(profile), SIMULATE_SECONDS / 60));
      } catch (e) {
        said.className = 'error small';
        setText(said, e.message);
      } finally {
        button.disabled = false;
      }
    };
    simulator.hidden = then !== null;
    simulator.replaceChildren(h('h2', {}, t.machine.simulator), h('div', { class: 'panel simulator' },
      h('div', { class: 'buttons' }, group.profiles.map((profile) => {
        const button = h('button', { type: 'button', 'data-profile': profile, onclick: () => start(profile, button) }, words(profile));
        return button;
      })), said));
  }

  // ---- The past

  /** Shows on all axes which moment is meant. */
  function mark(at) {
    moment = at;
    charts.forEach((each) => each.mark(at));
  }

  /** Goes to a moment: to the reading that is drawn there, or else to what held then. */
  function travel(at) {
    const nearest = samples.reduce((best, each) => (!best || Math.abs(each.t - at) < Math.abs(best.t - at) ? each : best), null);
    return open(nearest && nearest.revision !== undefined ? { revision: nearest.revision } : { at: new Date(at).toISOString() }, nearest?.revision === undefined ? at : nearest.t);
  }

  async function open(which, at) {
    const mine = ++travelling;
    try {
      const state = await api.stateAt(id, which);
      const trail = await api.events(id, { after: state.revision - 1, limit: 1 });
      if (closed || mine !== travelling) return;
      then = state;
      mark(at ?? Date.parse(state.as_of));
      history.replaceState(null, '', `${here}/at/${state.revision}`);
      document.title = `${t.machine.at(id, whole(state.revision))} · Twin`;
      simulator.hidden = true;
      showPast(trail.items[0]);
      showState();
      // A moment outside of what is drawn brings its own stretch of time along.
      if (!span || moment < span.from || moment > span.to) choose(range);
      else showCharts();
    } catch (e) {
      if (closed || mine !== travelling) return;
      past.hidden = false;
      past.replaceChildren(h('p', { class: 'error', role: 'alert' }, e.message), h('div', { class: 'buttons' }, nowButton()));
    }
  }

  function toNow() {
    travelling++;
    const far = span && now && span.to < Date.parse(now.as_of) - 1000;
    then = null;
    mark(null);
    past.hidden = true;
    simulator.hidden = !simulator.firstChild;
    history.replaceState(null, '', here);
    document.title = `${id} · Twin`;
    showState();
    if (far || range === 'newest') choose(range);
    else showCharts();
  }

  const nowButton = () => h('button', { type: 'button', class: 'primary', onclick: toNow }, t.machine.backToNow);

  function showPast(event) {
    const step = (to, label) => h('button', { type: 'button', disabled: to < 1 || to > now.revision, onclick: () => open({ revision: to }) }, label);
    past.hidden = false;
    past.replaceChildren(
      h('div', { class: 'past-head' }, h('div', {}, h('h2', {}, t.machine.at(id, whole(then.revision))), h('p', { class: 'dim', role: 'status' }, then.reading ? t.machine.itsTime(timeOf(then.as_of)) : t.machine.beforeFirst)),
        h('div', { class: 'buttons' }, step(then.revision - 1, t.machine.eventBefore), step(then.revision + 1, t.machine.nextEvent), nowButton())),
      event ? h('dl', { class: 'told' }, [
        [t.machine.kind, words(event.event)], [t.machine.recorded, timeOf(event.recorded_at)], [t.machine.becauseOf, because(event.cause)],
        [t.machine.hash, h('code', { title: event.hash }, event.hash.slice(0, 16))], [t.machine.follows, h('code', { title: event.previous_hash }, event.previous_hash.slice(0, 16))],
      ].map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value)))) : null);
  }

  // ---- Over time

  function chart(key, parent, options) {
    if (!charts.has(key)) {
      const made = new Chart({ ...options, pick: (point) => { mark(point.t); travel(point.t); } });
      charts.set(key, made);
      parent.append(made.element);
    }
    return charts.get(key);
  }

  function showCharts() {
    if (!samples.length) return;
    const last = samples[samples.length - 1].t;
    // Who looks at the past does not want it to move away.
    if (!then || !span) span = { from: Math.max(samples[0].t, range === 'newest' ? 0 : last - 1000 * Number(range)), to: last };
    const inSpan = samples.filter((p) => p.t >= span.from && p.t <= span.to);
    if (inSpan.some((p) => ratio(p.assessment) !== undefined)) {
      chart('score', outcomes, { title: t.machine.score, unit: t.judgement.timesThreshold, height: 190, floor: 0, format: (x) => fixed(x, 2) })
        .show(inSpan.map((p) => ({ t: p.t, y: ratio(p.assessment) ?? null })), span, 1);
    }
    // Only what readings say shows it: a stretch of readings in short has multiples of it.
    const judged = inSpan.filter((p) => p.revision !== undefined && p.assessment.threshold !== undefined);
    if (shown().thresholds && judged.length) {
      chart('threshold', outcomes, { title: t.machine.thresholdChart, height: 190, floor: 0 })
        .show(judged.map((p) => ({ t: p.t, y: p.assessment.threshold, low: 0, high: p.assessment.anomaly_score })), span);
    }
    const lived = inSpan.find((p) => p.assessment.rul);
    if (lived) {
      chart('rul', outcomes, { title: t.machine.rul, unit: words(lived.assessment.rul.unit || ''), height: 190, floor: 0, format: (x) => number(Math.round(x)) })
        .show(inSpan.map((p) => ({ t: p.t, y: p.assessment.rul?.p50 ?? null, low: p.assessment.rul?.p10, high: p.assessment.rul?.p90 })), span);
    }
    outcomes.hidden = !charts.has('score') && !charts.has('rul');
    const names = new Set(channels.keys());
    for (const p of inSpan) Object.keys(p.values).forEach((name) => names.add(name));
    for (const name of names) {
      const unit = channels.get(name) || '';
      chart(`channel ${name}`, small, { title: channelName(name, unit), unit })
        .show(inSpan.map((p) => ({ t: p.t, y: p.values[name] ?? null, low: p.low?.[name], high: p.high?.[name], bad: p.quality[name] === 'bad' })), span);
    }
    charts.forEach((each) => each.mark(moment));
    const changes = events.filter((event) => event.event === 'alert');
    const done = events.filter((event) => event.event === 'maintenance').map((event) => ({ t: Date.parse(event.watermark || event.recorded_at), name: `${words('maintenance')}: ${event.body.kind}` }));
    timeline.show(span, alertStretches(changes, now.alerts, span.from), done, samples.map((p) => p.t), moment);
  }

  /** Takes a state that is newer than the one known. */
  function take(next) {
    if (closed || (now && next.revision < now.revision)) return;
    const before = now;
    now = next;
    if (body.dataset.kind !== 'whole') {
      body.dataset.kind = 'whole';
      body.replaceChildren(...parts);
    }
    if (!then) showState();
    noteAlerts(before, next);
    if (next.reading) {
      const at = Date.parse(next.reading.timestamp);
      if (samples.length && at > samples[samples.length - 1].t) {
        samples.push(sample(next.reading, next.assessment, next.revision));
        if (samples.length > MAX_POINTS) samples.splice(0, samples.length - MAX_POINTS);
        if (!then) showCharts();
      }
    }
  }

  /** Keeps the alerts on the axis of time as they come and go. */
  function noteAlerts(before, next) {
    if (!before) return;
    const told = (alert, from, to) => events.push({ event: 'alert', watermark: next.as_of, body: { ...alert, from, to } });
    const open = new Set(next.alerts.map((alert) => alert.alert_id));
    before.alerts.filter((alert) => !open.has(alert.alert_id)).forEach((alert) => told(alert, alert.state, 'normal'));
    const were = new Set(before.alerts.map((alert) => alert.alert_id));
    next.alerts.filter((alert) => !were.has(alert.alert_id)).forEach((alert) => told({ ...alert, reading_at: alert.raised_at }, 'normal', alert.state));
  }

  async function choose(key) {
    range = key;
    const mine = ++turn;
    outcomes.classList.add('loading');
    small.classList.add('loading');
    // Before the first answer there is nothing that could be shown as being replaced.
    if (!charts.size) historyNote.replaceChildren(...loading());
    try {
      const newest = now && now.as_of ? Date.parse(now.as_of) : Date.now();
      const length = 1000 * Number(range);
      const to = then && range !== 'newest' ? Math.min(newest, moment + length / 2) : newest;
      const asked = range === 'newest' ? {} : { from: new Date(to - length).toISOString(), ...(to < newest ? { to: new Date(to).toISOString() } : {}) };
      const [answer, changes] = await Promise.all([api.readings(id, { points: POINTS, ...asked }), api.changes(id, asked).catch(() => [])]);
      if (closed || mine !== turn) return;
      const newer = then || !samples.length ? null : samples[samples.length - 1];
      const coarse = t.machine.stretches[answer.resolution];
      const items = drawable(answer.items);
      samples = items.map((item) => (coarse ? stretch(item, shown()?.assessment?.rul?.unit) : sample(item, item.assessment, item.revision)))
        .sort((a, b) => a.t - b.t);
      events = changes;
      if (newer && samples.length && newer.t > samples[samples.length - 1].t) samples.push(newer);
      const ahead = answer.items.length - items.length;
      historyNote.replaceChildren(...(!samples.length ? [h('p', { class: 'panel empty' }, t.machine.noReadings)]
        : coarse ? [h('p', { class: 'dim small' }, t.machine.coarse(coarse))]
        : ahead ? [h('p', { class: 'dim small' }, t.machine.ahead(ahead))] : []));
      span = then && range !== 'newest' ? { from: to - length, to } : null;
      showCharts();
    } catch (e) {
      if (closed || mine !== turn) return;
      historyNote.replaceChildren(h('div', { class: 'panel empty' }, h('p', {}, e.message), h('button', { type: 'button', onclick: () => choose(range) }, t.frame.tryAgain)));
    } finally {
      if (mine === turn) {
        outcomes.classList.remove('loading');
        small.classList.remove('loading');
      }
    }
  }

  async function load() {
    if (!now) body.replaceChildren(...loading(), ...loading());
    try {
      const [state, description] = await Promise.all([api.state(id), api.machine(id)]);
      if (closed) return;
      channels = new Map(description.channels.map((channel) => [channel.name, channel.unit || '']));
      const first = !now;
      take(state);
      if (first && revision) await open({ revision });
      if (!then) await choose(range);
    } catch (e) {
      if (closed || now) return;
      body.replaceChildren(h('div', { class: 'panel' }, trouble(e.status === 404 ? t.machine.noSuch : t.machine.cannot, e, load, ' ', h('a', { href: '#/' }, t.machine.toFleet))));
    }
  }

  const stop = [
    live.on('state', (next) => { if (next.machine_id === id) take(next); }),
    live.on('connection', (connection) => { if (connection === 'live' && now) load(); }),
  ];
  const timer = setInterval(tick, 1000);
  load();
  showSimulator();
  return {
    element,
    title: revision ? t.machine.at(id, whole(revision)) : id,
    close: () => {
      closed = true;
      stop.forEach((f) => f());
      clearInterval(timer);
      timeline.close();
      charts.forEach((each) => each.close());
    },
  };
}
