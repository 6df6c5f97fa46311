// Another model on a machine's past, or the past proved again. A job of the node does the work. The address
// names the job, so that a page that is loaded again, or sent to somebody, shows the same.

import * as api from './api.js';
import { AlertStrip, Comparison, Cursor, KINDS } from './compare.js';
import { h, setText } from './dom.js';
import { DASH, fixed, fullTime, number, percent, shortTime, span, words } from './format.js';
import { fact } from './judgement.js';

const POLL_MS = 400;
const ROWS_MAX = 500;
const ORDER = ['gained', 'lost', 'moved', 'unmoved'];
const WHAT = { gained: 'gained', lost: 'lost', moved: 'moved', unmoved: 'same' };

const count = (n, one, many) => `${n.toLocaleString('en')} ${n === 1 ? one : many || `${one}s`}`;
/** A share that is all only when it is. */
const share = (x) => `${x === 1 ? 100 : (Math.floor(1000 * x) / 10).toFixed(1)} %`;
const time = (iso) => (iso ? Date.parse(iso) : null);

/** What a field for a local time holds for an instant, and back. */
function localField(iso) {
  if (!iso) return '';
  const at = new Date(iso);
  return new Date(at.getTime() - 60000 * at.getTimezoneOffset()).toISOString().slice(0, 19);
}
const instant = (field) => (field ? new Date(field).toISOString() : undefined);

/** All alerts of a comparison in one list, each with what became of it. */
function allAlerts(alerts) {
  const stretch = (a) => ({ from: time(a.from), to: time(a.to) });
  const one = (kind, who) => (a) => ({ kind, rule: a.rule, type: a.failure_type, severity: a.severity, revision: a.revision, at: time(a.from), [who]: stretch(a) });
  const both = (kind) => (a) => ({ ...one(kind, 'recorded')(a.recorded), model: stretch(a.model) });
  return [...alerts.gained.map(one('gained', 'model')), ...alerts.lost.map(one('lost', 'recorded')),
    ...alerts.moved.map(both('moved')), ...alerts.unmoved.map(both('unmoved'))].sort((a, b) => a.at - b.at);
}

/** The outcome in two or three sentences. */
function inWords(result) {
  const { gained, lost, moved, same } = result.alerts;
  if (!result.compared) return ['Nothing can be compared: there is no reading that both models judge.'];
  const said = [];
  if (!gained.length && !lost.length && !moved.length) {
    said.push(same ? `It would have raised the same alerts at the same times: ${same}.` : 'Neither would have raised an alert.');
  } else {
    const parts = [
      gained.length ? `raised ${count(gained.length, 'alert')} that nobody had` : null,
      lost.length ? `missed ${lost.length} that ${lost.length === 1 ? 'was' : 'were'} raised` : null,
      moved.length ? `raised ${moved.length} at another time` : null,
      same ? `raised ${same} just as recorded` : null,
    ].filter(Boolean);
    said.push(`It would have ${parts.length > 1 ? `${parts.slice(0, -1).join(', ')} and ${parts[parts.length - 1]}` : parts[0]}.`);
  }
  const rul = result.rul_error;
  if (rul) {
    const lives = `${rul.lives === 1 ? 'the life' : `the ${rul.lives} lives`} that ended`;
    said.push(fixed(rul.rmse_model, 1) === fixed(rul.rmse_recorded, 1)
      ? `Over ${lives}, its remaining life is as far off as the recorded one: ${fixed(rul.rmse_model, 1)} ${rul.unit}.`
      : `Over ${lives}, its remaining life is ${fixed(rul.rmse_model, 1)} ${rul.unit} off, the recorded one ${fixed(rul.rmse_recorded, 1)}.`);
  }
  return said;
}

export function whatIfView(id, query) {
  const here = `#/machines/${encodeURIComponent(id)}`;
  const chosen = { model: query.get('model') || '', from: query.get('from') || '', to: query.get('to') || '', job: query.get('job') || '' };
  let closed = false;
  let bundles = [];
  let turn = 0;
  let drawn = [];

  const model = h('select', { id: 'model', onchange: () => describe() });
  const from = h('input', { id: 'from', type: 'datetime-local', step: 1, value: localField(chosen.from) });
  const to = h('input', { id: 'to', type: 'datetime-local', step: 1, value: localField(chosen.to) });
  const about = h('div', { class: 'about' });
  const tryIt = h('button', { type: 'submit', class: 'primary', disabled: true }, 'Try this model');
  const prove = h('button', { type: 'button', onclick: () => start(false) }, 'Prove the past again');
  const failed = h('p', { class: 'error', role: 'alert', hidden: true });
  const picking = h('label', { for: 'model' }, h('span', {}, 'Model'), model);
  const form = h('form', { class: 'panel choose', onsubmit: (e) => { e.preventDefault(); start(true); } },
    h('div', { class: 'fields' }, picking,
      h('label', { for: 'from' }, h('span', {}, 'From'), from),
      h('label', { for: 'to' }, h('span', {}, 'To'), to),
      h('div', { class: 'buttons' }, tryIt, prove)),
    about, failed);
  const outcome = h('div', { class: 'outcome' });
  const element = h('section', { class: 'page' },
    h('nav', { class: 'crumbs', 'aria-label': 'Where you are' }, h('a', { href: '#/' }, 'Fleet'), h('span', { 'aria-hidden': 'true' }, '/'),
      h('a', { href: here }, id), h('span', { 'aria-hidden': 'true' }, '/'), h('span', {}, 'What if')),
    h('div', { class: 'page-head' }, h('div', {}, h('h1', {}, `What if · ${id}`),
      h('p', { class: 'dim' }, 'Let another model judge this machine’s past, or compute again what was recorded. Nothing of it is recorded. Without times: the whole past, in this browser’s zone.'))),
    form, outcome);

  function remember() {
    const kept = Object.entries(chosen).filter(([, value]) => value);
    history.replaceState(null, '', `${here}/what-if${kept.length ? `?${new URLSearchParams(kept)}` : ''}`);
  }

  function complain(message) {
    failed.hidden = !message;
    setText(failed, message || '');
  }

  function describe() {
    const bundle = bundles.find((each) => each.model === model.value);
    if (!bundle) return;
    const training = bundle.training;
    const groups = Object.entries(bundle.figures || {}).filter(([, value]) => value && typeof value === 'object');
    const columns = ['precision', 'recall', 'f1', 'pr_auc', 'brier', 'rmse', 'rmse_capped', 'score'].filter((column) => groups.some(([, value]) => typeof value[column] === 'number'));
    const told = groups.filter(([, value]) => columns.some((column) => typeof value[column] === 'number'));
    about.replaceChildren(...[
      h('p', { class: 'dim small' }, bundle.trouble ? h('span', { class: 'error' }, `It cannot be opened: ${bundle.trouble}`)
        : [bundle.champion ? 'It decides now. ' : '', `Trained on ${count(training.rows, 'row')}: ${training.data}`]),
      told.length ? h('details', { class: 'figures' }, h('summary', {}, 'What its training measured'),
        h('div', { class: 'scroll' }, h('table', { class: 'grid-table' }, h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Of what, how held out'), columns.map((column) => h('th', { scope: 'col', class: 'num' }, words(column))))),
          h('tbody', {}, told.map(([name, value]) => h('tr', {}, h('th', { scope: 'row' }, words(name)), columns.map((column) => h('td', { class: 'num' }, value[column] === undefined ? DASH : number(value[column]))))))))) : null,
    ].filter(Boolean));
  }

  async function prepare() {
    try {
      const machine = await api.machine(id);
      bundles = (await api.models(machine.machine_type)).items;
      if (closed) return;
      model.replaceChildren(...bundles.map((bundle) => h('option', { value: bundle.model, disabled: Boolean(bundle.trouble) },
        `${bundle.model}${bundle.champion ? ' (decides now)' : bundle.trouble ? ' (broken)' : ''}`)));
      const wanted = bundles.find((bundle) => bundle.model === chosen.model) || bundles.find((bundle) => !bundle.champion && !bundle.trouble) || bundles.find((bundle) => !bundle.trouble);
      if (wanted) model.value = wanted.model;
      picking.hidden = tryIt.hidden = !bundles.length;
      tryIt.disabled = !wanted;
      if (bundles.length) describe();
      else about.replaceChildren(h('p', { class: 'dim small' }, `There is no bundle for machines of type ${machine.machine_type || 'unknown'} to try. What was recorded can be proved again.`));
      if (chosen.job) follow(chosen.job);
      else {
        outcome.replaceChildren(h('div', { class: 'panel empty' }, h('h2', {}, 'Nothing tried yet'),
          h('p', {}, bundles.length ? 'Choose a model and a stretch of time, then try it. Both judgements will stand here side by side.' : 'Prove the past again, and the outcome will stand here.')));
      }
    } catch (e) {
      if (closed) return;
      form.hidden = true;
      outcome.replaceChildren(h('div', { class: 'panel empty' }, h('h2', {}, e.status === 404 ? 'There is no such machine' : 'The models cannot be listed'), h('p', {}, e.message),
        h('p', {}, h('button', { type: 'button', onclick: () => { form.hidden = false; prepare(); } }, 'Try again'), ' ', h('a', { href: '#/' }, 'Back to the fleet'))));
    }
  }

  async function start(withModel) {
    complain('');
    const wanted = { from: instant(from.value), to: instant(to.value), model: withModel ? model.value : undefined };
    tryIt.disabled = prove.disabled = true;
    try {
      const job = await api.replay(id, wanted);
      Object.assign(chosen, { from: wanted.from || '', to: wanted.to || '', model: model.value, job: job.job_id });
      remember();
      follow(job.job_id);
    } catch (e) {
      complain(e.message);
    } finally {
      tryIt.disabled = !model.value;
      prove.disabled = false;
    }
  }

  function forgetDrawn() {
    drawn.forEach((each) => each.close());
    drawn = [];
  }

  async function follow(name) {
    const mine = ++turn;
    const bar = h('progress', { max: 1, value: 0, 'aria-label': 'How much is done' });
    const said = h('p', { role: 'status' }, 'Starting');
    const cancel = h('button', { type: 'button', onclick: async () => { cancel.disabled = true; await api.cancelJob(name).catch((e) => complain(e.message)); } }, 'Cancel');
    forgetDrawn();
    outcome.replaceChildren(h('div', { class: 'panel running' }, said, cancel, bar));
    try {
      for (;;) {
        const job = await api.job(name);
        if (closed || mine !== turn) return;
        if (job.machine_id !== id) throw new Error(`That job is of ${job.machine_id}, not of this machine.`);
        if (job.state !== 'running') {
          show(job);
          return;
        }
        bar.value = job.progress;
        setText(said, `${job.kind === 'what_if' ? 'Living through the past with the model' : 'Computing every conclusion again'}: ${percent(job.progress)}`);
        await new Promise((resolve) => { setTimeout(resolve, POLL_MS); });
      }
    } catch (e) {
      if (closed || mine !== turn) return;
      outcome.replaceChildren(h('div', { class: 'panel empty' }, h('h2', {}, e.status === 404 ? 'The node no longer has this outcome' : 'The job cannot be followed'),
        h('p', {}, e.status === 404 ? 'Outcomes end with the node that worked them out. The choice above is still there: start it again.' : e.message),
        e.status === 404 ? null : h('p', {}, h('button', { type: 'button', onclick: () => follow(name) }, 'Try again'))));
    }
  }

  function show(job) {
    if (job.state === 'done') {
      outcome.replaceChildren(...(job.kind === 'what_if' ? comparison(job.result) : proof(job.result)));
    } else {
      const cancelled = job.state === 'cancelled';
      outcome.replaceChildren(h('div', { class: 'panel empty' }, h('h2', {}, cancelled ? `Cancelled at ${percent(job.progress)}` : 'It failed'),
        h('p', {}, cancelled ? 'Nothing was found out, and nothing was changed.' : job.detail || 'The log of the node says why.')));
    }
  }

  // ---- Another model

  function comparison(result) {
    const alerts = allAlerts(result.alerts);
    const points = result.assessments.map((each) => {
      const side = (it, name) => ({ y: it[name] });
      const life = (it) => ({ y: it.rul_p50, low: it.rul_low, high: it.rul_high });
      return { t: time(each.timestamp), score: { recorded: side(each.recorded, 'score_ratio'), model: side(each.model, 'score_ratio') },
        failure: { recorded: side(each.recorded, 'failure_probability'), model: side(each.model, 'failure_probability') },
        rul: { recorded: life(each.recorded), model: life(each.model) } };
    });
    const recorded = result.recorded_models.join(', ') || 'nobody';
    const head = h('section', { class: 'panel verdict' },
      h('h2', {}, h('span', { class: 'key model' }, result.model), h('span', { class: 'dim' }, ' beside '), h('span', { class: 'key recorded' }, recorded)),
      inWords(result).map((sentence) => h('p', { class: 'lead' }, sentence)),
      h('div', { class: 'facts' },
        fact('Readings', number(result.readings), h('span', { class: 'dim small' }, `${number(result.compared)} judged by both`)),
        fact('Anomalous', `${number(result.anomalous.model)}`, h('span', { class: 'dim small' }, `${number(result.anomalous.recorded)} as recorded, ${number(result.anomalous.both)} by both`)),
        result.same_failure_mode === undefined ? null : fact('Same failure mode', share(result.same_failure_mode), h('span', { class: 'dim small' }, 'of the readings')),
        result.rul_error ? fact('Remaining life off by', `${fixed(result.rul_error.rmse_model, 1)} ${result.rul_error.unit}`,
          h('span', { class: 'dim small' }, `${fixed(result.rul_error.rmse_recorded, 1)} as recorded, ${count(result.rul_error.lives, 'life', 'lives')}`)) : null));
    if (!points.length) return [head];

    const times = [points[0].t, points[points.length - 1].t, ...alerts.flatMap((alert) => [alert.at, alert.recorded?.to, alert.model?.to])].filter((t) => t !== null && t !== undefined);
    const range = { from: times.reduce((a, b) => Math.min(a, b)), to: times.reduce((a, b) => Math.max(a, b)) };
    const cursor = new Cursor();
    const unit = result.rul_error?.unit;
    const marks = (result.rul_error?.ends || []).map((end) => ({ t: time(end.at), name: `A life ended ${fullTime(time(end.at))}` }));
    const chart = (options, part) => {
      const made = new Comparison(options, points.map((p) => ({ t: p.t, ...p[part] })), range, cursor);
      if (!made.points.length) return null;
      drawn.push(made);
      return made.element;
    };
    const rows = new Map();
    const strip = alerts.length ? new AlertStrip(alerts, range, cursor, (alert) => point(alert)) : null;
    if (strip) drawn.push(strip);
    const charts = [
      chart({ title: 'Anomaly score', unit: '× threshold', floor: 0, limit: 1, limitName: 'threshold', format: (y) => fixed(y, 2) }, 'score'),
      chart({ title: 'Probability of failure', floor: 0, ceiling: 1, format: percent }, 'failure'),
      chart({ title: 'Remaining useful life', unit, floor: 0, marks, format: (y) => number(Math.round(y)) }, 'rul'),
      strip ? strip.element : null,
    ].filter(Boolean);

    function point(alert) {
      const row = rows.get(alert);
      cursor.move(alert.at);
      rows.forEach((each) => each.classList.toggle('pointed', each === row));
      if (row) row.scrollIntoView({ block: 'nearest' });
    }
    return [head,
      h('div', { class: 'stack' }, charts),
      h('p', { class: 'dim small note-line' }, [
        points.length < result.compared ? `Drawn are ${count(points.length, 'reading')} of ${result.compared.toLocaleString('en')}: of each stretch those with the greatest score and probability of failure by either model. ` : '',
        marks.length ? 'An upright line is where a life ended. ' : '', 'Point at a chart, or read it with the arrow keys: all show the same moment.'].join('')),
      alertTable(alerts, rows, point), lifeTable(result.rul_error)].filter(Boolean);
  }

  function alertTable(alerts, rows, point) {
    if (!alerts.length) return h('section', { class: 'block' }, h('h2', {}, 'Alerts'), h('p', { class: 'panel quiet-line' }, 'Neither raised any.'));
    let only = null;
    const tally = Object.fromEntries(ORDER.map((kind) => [kind, alerts.filter((alert) => alert.kind === kind).length]));
    const table = h('tbody', {});
    const more = h('p', { class: 'dim small note-line', hidden: true });
    const chips = h('div', { class: 'chips', role: 'group', 'aria-label': 'Show alerts' });
    const stretch = (it) => (it ? [shortTime(it.from), h('span', { class: 'dim' }, it.to === null ? ' to the end' : ` for ${span(Math.round((it.to - it.from) / 1000))}`)] : h('span', { class: 'dim' }, DASH));
    const shift = (alert) => {
      if (alert.kind !== 'moved') return '';
      const seconds = Math.round((alert.model.from - alert.recorded.from) / 1000);
      return `${span(Math.abs(seconds))} ${seconds < 0 ? 'earlier' : 'later'}`;
    };
    function fill() {
      const wanted = alerts.filter((alert) => !only || alert.kind === only);
      rows.clear();
      table.replaceChildren(...wanted.slice(0, ROWS_MAX).map((alert) => {
        const row = h('tr', { onpointerenter: () => point(alert) },
          h('td', {}, h('span', { class: `tag ${alert.kind}` }, WHAT[alert.kind])),
          h('th', { scope: 'row' }, words(alert.rule), alert.type && alert.type !== alert.rule ? h('span', { class: 'dim' }, ` (${words(alert.type)})`) : null),
          h('td', {}, alert.severity),
          h('td', { class: 'num' }, stretch(alert.recorded)), h('td', { class: 'num' }, stretch(alert.model)), h('td', { class: 'num' }, shift(alert)),
          h('td', { class: 'num' }, h('a', { href: `${here}/at/${alert.revision}`, onfocus: () => point(alert) }, alert.revision.toLocaleString('en'))));
        rows.set(alert, row);
        return row;
      }));
      more.hidden = wanted.length <= ROWS_MAX;
      setText(more, `The first ${ROWS_MAX} of ${wanted.length}. A shorter stretch of time shows the others.`);
      chips.replaceChildren(...[[null, alerts.length], ...ORDER.map((kind) => [kind, tally[kind]])].map(([kind, n]) =>
        h('button', { type: 'button', class: 'chip', 'aria-pressed': String(only === kind), disabled: kind && !n, title: kind ? KINDS[kind] : null,
          onclick: () => { only = kind; fill(); chips.querySelector('[aria-pressed=true]').focus(); } }, kind ? h('span', { class: `swatch ${kind}`, 'aria-hidden': 'true' }) : null, kind ? WHAT[kind] : 'all', h('b', { class: 'num' }, n))));
    }
    fill();
    return h('section', { class: 'block' }, h('div', { class: 'section-head' }, h('h2', {}, 'Alerts'), chips),
      h('div', { class: 'panel scroll tall' }, h('table', { class: 'grid-table' },
        h('thead', {}, h('tr', {}, ['', 'Alert', 'Severity', 'As recorded', 'By the model', 'Shift', 'Revision'].map((name, i) => h('th', { scope: 'col', class: i > 2 ? 'num' : null }, name)))), table)), more);
  }

  function lifeTable(error) {
    if (!error || !error.ends.length) return null;
    return h('section', { class: 'block' }, h('h2', {}, 'Lives that ended'),
      h('div', { class: 'panel scroll tall' }, h('table', { class: 'grid-table' },
        h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'End'), h('th', { scope: 'col', class: 'num' }, 'Readings'),
          h('th', { scope: 'col', class: 'num' }, `Off as recorded (${error.unit})`), h('th', { scope: 'col', class: 'num' }, `Off by the model (${error.unit})`))),
        h('tbody', {}, error.ends.map((end) => h('tr', {}, h('th', { scope: 'row' }, fullTime(time(end.at))), h('td', { class: 'num' }, number(end.readings)),
          h('td', { class: 'num' }, fixed(end.rmse_recorded, 1)),
          h('td', { class: end.rmse_model < end.rmse_recorded ? 'num nearer' : 'num' }, fixed(end.rmse_model, 1))))))),
      h('p', { class: 'dim small note-line' }, `How far the median of remaining life was from what really remained, root mean square.${error.lives > error.ends.length ? ` The first ${error.ends.length} of ${error.lives}.` : ''}`));
  }

  // ---- The past proved again

  function proof(result) {
    const different = result.compared - result.equal;
    const located = result.differences;
    const title = { equal: 'Everything recorded comes out again', equal_as_far_as_checked: 'What could be checked comes out again', differs: 'What was recorded does not come out again' }[result.verdict];
    const how = result.exactness === 'bits' ? 'to the bit' : `within the bundle’s tolerance of ${result.tolerance}, for it runs on another runtime or processor than then`;
    return [
      h('section', { class: 'panel verdict', 'data-verdict': result.verdict }, h('h2', {}, title),
        h('p', { class: 'lead' }, result.compared
          ? `${result.equal.toLocaleString('en')} of ${count(result.compared, 'conclusion')} computed again ${result.equal === 1 ? 'is' : 'are'} equal ${how}.`
          : 'There was no conclusion to compute again.'),
        h('p', { class: 'lead' }, result.broken_links ? `The chain of events is broken in ${count(result.broken_links, 'place')}.` : 'The chain of events is whole.'),
        h('div', { class: 'facts' },
          fact('Readings', number(result.readings)), fact('Computed again', number(result.compared)), fact('Different', number(different)),
          fact('Revisions', `${result.first_revision.toLocaleString('en')} – ${result.last_revision.toLocaleString('en')}`),
          fact('Decided by', result.models.join(', ') || DASH))),
      result.unchecked.length ? h('section', { class: 'block' }, h('h2', {}, 'Not checked'), h('ul', { class: 'panel quiet-list' },
        result.unchecked.map((each) => h('li', {}, h('b', { class: 'num' }, number(each.count)), ` ${each.reason}`)))) : null,
      located.length ? h('section', { class: 'block' }, h('h2', {}, 'Where it differs'), h('div', { class: 'panel scroll' }, h('table', { class: 'grid-table' },
        h('thead', {}, h('tr', {}, ['Revision', 'Reading', 'Time', 'What', 'Recorded', 'Comes out'].map((name) => h('th', { scope: 'col' }, name)))),
        h('tbody', {}, located.map((each) => h('tr', {},
          h('td', { class: 'num' }, h('a', { href: `${here}/at/${each.revision}` }, each.revision.toLocaleString('en'))),
          h('td', { class: 'num' }, each.index === undefined ? DASH : each.index), h('td', {}, fullTime(time(each.timestamp))), h('td', {}, words(each.what)),
          h('td', { class: 'long' }, each.recorded), h('td', { class: 'long' }, each.computed)))))),
        different + result.broken_links > located.length ? h('p', { class: 'dim small note-line' }, `The first ${located.length} of ${different + result.broken_links}.`) : null) : null,
    ].filter(Boolean);
  }

  outcome.replaceChildren(h('div', { class: 'ghost tall' }), h('p', { class: 'hidden', role: 'status' }, 'Loading'));
  prepare();
  return { element, title: `What if · ${id}`, close: () => { closed = true; forgetDrawn(); } };
}
