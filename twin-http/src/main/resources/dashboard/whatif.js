// Another model on a machine's past, or the past proved again. A job of the node does the work. The address
// names the job, so that a page that is loaded again, or sent to somebody, shows the same.

import * as api from './api.js';
import { AlertStrip, Comparison, Cursor, KINDS } from './compare.js';
import { crumbs, h, loading, setText, trouble } from './dom.js';
import { DASH, fixed, fullTime, number, percent, shortTime, span, whole, words } from './format.js';
import { fact } from './judgement.js';
import { figuresTable } from './models.js';
import { t } from './text.js';

const POLL_MS = 400;
const ROWS_MAX = 500;
const ORDER = ['gained', 'lost', 'moved', 'unmoved'];

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
  if (!result.compared) return [t.whatif.nothingCompared];
  const { gained, lost, moved, same } = result.alerts;
  const said = [gained.length || lost.length || moved.length ? t.whatif.otherAlerts(gained.length, lost.length, moved.length, same) : same ? t.whatif.sameAlerts(same) : t.whatif.noAlerts];
  const rul = result.rul_error;
  if (rul) {
    const [byModel, recorded] = [fixed(rul.rmse_model, 1), fixed(rul.rmse_recorded, 1)];
    said.push(byModel === recorded ? t.whatif.rulSame(rul.lives, byModel, words(rul.unit)) : t.whatif.rulOther(rul.lives, byModel, recorded, words(rul.unit)));
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
  const tryIt = h('button', { type: 'submit', class: 'primary', disabled: true }, t.whatif.tryIt);
  const prove = h('button', { type: 'button', onclick: () => start(false) }, t.whatif.prove);
  const failed = h('p', { class: 'error', role: 'alert', hidden: true });
  const picking = h('label', { for: 'model' }, h('span', {}, t.whatif.model), model);
  const form = h('form', { class: 'panel choose', onsubmit: (e) => { e.preventDefault(); start(true); } },
    h('div', { class: 'fields' }, picking,
      h('label', { for: 'from' }, h('span', {}, t.whatif.from), from),
      h('label', { for: 'to' }, h('span', {}, t.whatif.to), to),
      h('div', { class: 'buttons' }, tryIt, prove)),
    about, failed);
  const outcome = h('div', { class: 'outcome' });
  const element = h('section', { class: 'page' },
    crumbs([t.fleet.title, '#/'], [id, here], [t.whatif.title]),
    h('div', { class: 'page-head' }, h('div', {}, h('h1', {}, `${t.whatif.title} · ${id}`), h('p', { class: 'dim' }, t.whatif.text))),
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
    const figures = figuresTable(bundle.figures);
    about.replaceChildren(...[
      h('p', { class: 'dim small' }, bundle.trouble ? h('span', { class: 'error' }, t.whatif.cannotOpen(bundle.trouble))
        : [bundle.champion ? `${t.whatif.decidesNow} ` : '', t.models.training(whole(bundle.training.rows), bundle.training.data)]),
      figures ? h('details', { class: 'figures' }, h('summary', {}, t.models.figures), figures) : null,
    ].filter(Boolean));
  }

  async function prepare() {
    try {
      const machine = await api.machine(id);
      bundles = (await api.models(machine.machine_type)).items.filter((bundle) => bundle.places.includes('folder'));
      if (closed) return;
      model.replaceChildren(...bundles.map((bundle) => h('option', { value: bundle.model, disabled: Boolean(bundle.trouble) },
        bundle.model + (bundle.champion ? ` (${t.models.champion})` : bundle.trouble ? ` (${t.models.broken})` : ''))));
      const wanted = bundles.find((bundle) => bundle.model === chosen.model) || bundles.find((bundle) => !bundle.champion && !bundle.trouble) || bundles.find((bundle) => !bundle.trouble);
      if (wanted) model.value = wanted.model;
      picking.hidden = tryIt.hidden = !bundles.length;
      tryIt.disabled = !wanted;
      if (bundles.length) describe();
      else about.replaceChildren(h('p', { class: 'dim small' }, t.whatif.noBundle(words(machine.machine_type || 'unknown'))));
      if (chosen.job) follow(chosen.job);
      else {
        outcome.replaceChildren(h('div', { class: 'panel empty' }, h('h2', {}, t.whatif.nothing),
          h('p', {}, bundles.length ? t.whatif.nothingText : t.whatif.nothingToTry)));
      }
    } catch (e) {
      if (closed) return;
      form.hidden = true;
      outcome.replaceChildren(h('div', { class: 'panel' }, trouble(e.status === 404 ? t.machine.noSuch : t.whatif.cannotList, e, () => { form.hidden = false; prepare(); }, ' ', h('a', { href: '#/' }, t.machine.toFleet))));
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
    const bar = h('progress', { max: 1, value: 0, 'aria-label': t.whatif.progress });
    const said = h('p', { role: 'status' }, t.whatif.starting);
    const cancel = h('button', { type: 'button', onclick: async () => { cancel.disabled = true; await api.cancelJob(name).catch((e) => complain(e.message)); } }, t.frame.cancel);
    forgetDrawn();
    outcome.replaceChildren(h('div', { class: 'panel running' }, said, cancel, bar));
    try {
      for (;;) {
        const job = await api.job(name);
        if (closed || mine !== turn) return;
        if (job.machine_id !== id) throw new Error(t.whatif.otherMachine(job.machine_id));
        if (job.state !== 'running') {
          show(job);
          return;
        }
        bar.value = job.progress;
        setText(said, `${job.kind === 'what_if' ? t.whatif.living : t.whatif.computing}: ${percent(job.progress)}`);
        await new Promise((resolve) => { setTimeout(resolve, POLL_MS); });
      }
    } catch (e) {
      if (closed || mine !== turn) return;
      outcome.replaceChildren(h('div', { class: 'panel empty' }, h('h2', {}, e.status === 404 ? t.whatif.forgotten : t.whatif.cannotFollow),
        h('p', {}, e.status === 404 ? t.whatif.forgottenText : e.message),
        e.status === 404 ? null : h('p', {}, h('button', { type: 'button', onclick: () => follow(name) }, t.frame.tryAgain))));
    }
  }

  function show(job) {
    if (job.state === 'done') {
      outcome.replaceChildren(...(job.kind === 'what_if' ? comparison(job.result) : proof(job.result)));
    } else {
      const cancelled = job.state === 'cancelled';
      outcome.replaceChildren(h('div', { class: 'panel empty' }, h('h2', {}, cancelled ? t.whatif.cancelled(percent(job.progress)) : t.whatif.failed),
        h('p', {}, cancelled ? t.whatif.cancelledText : job.detail || t.whatif.failedText)));
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
    const recorded = result.recorded_models.join(', ') || t.whatif.nobody;
    const head = h('section', { class: 'panel verdict' },
      h('h2', {}, h('span', { class: 'key model' }, result.model), h('span', { class: 'dim' }, ` ${t.whatif.beside} `), h('span', { class: 'key recorded' }, recorded)),
      inWords(result).map((sentence) => h('p', { class: 'lead' }, sentence)),
      h('div', { class: 'facts' },
        fact(t.whatif.readings, number(result.readings), h('span', { class: 'dim small' }, t.whatif.judgedByBoth(number(result.compared)))),
        fact(t.whatif.anomalous, `${number(result.anomalous.model)}`, h('span', { class: 'dim small' }, t.whatif.anomalousAs(number(result.anomalous.recorded), number(result.anomalous.both)))),
        result.same_failure_mode === undefined ? null : fact(t.whatif.sameMode, share(result.same_failure_mode), h('span', { class: 'dim small' }, t.whatif.ofReadings)),
        result.rul_error ? fact(t.whatif.rulOff, `${fixed(result.rul_error.rmse_model, 1)} ${words(result.rul_error.unit)}`,
          h('span', { class: 'dim small' }, t.whatif.rulOffAs(fixed(result.rul_error.rmse_recorded, 1), result.rul_error.lives))) : null));
    if (!points.length) return [head];

    const times = [points[0].t, points[points.length - 1].t, ...alerts.flatMap((alert) => [alert.at, alert.recorded?.to, alert.model?.to])].filter((t) => t !== null && t !== undefined);
    const range = { from: times.reduce((a, b) => Math.min(a, b)), to: times.reduce((a, b) => Math.max(a, b)) };
    const cursor = new Cursor();
    const unit = words(result.rul_error?.unit || '');
    const marks = (result.rul_error?.ends || []).map((end) => ({ t: time(end.at), name: t.whatif.lifeEnded(fullTime(time(end.at))) }));
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
      chart({ title: t.machine.score, unit: t.judgement.timesThreshold, floor: 0, limit: 1, limitName: t.whatif.threshold, format: (y) => fixed(y, 2) }, 'score'),
      chart({ title: t.whatif.probability, floor: 0, ceiling: 1, format: percent }, 'failure'),
      chart({ title: t.machine.rul, unit, floor: 0, marks, format: (y) => number(Math.round(y)) }, 'rul'),
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
        points.length < result.compared ? t.whatif.drawn(points.length, whole(result.compared)) : '',
        marks.length ? t.whatif.marks : '', t.whatif.point].filter(Boolean).join(' ')),
      alertTable(alerts, rows, point), lifeTable(result.rul_error)].filter(Boolean);
  }

  function alertTable(alerts, rows, point) {
    if (!alerts.length) return h('section', { class: 'block' }, h('h2', {}, t.alerts.title), h('p', { class: 'panel quiet-line' }, t.whatif.neither));
    let only = null;
    const tally = Object.fromEntries(ORDER.map((kind) => [kind, alerts.filter((alert) => alert.kind === kind).length]));
    const table = h('tbody', {});
    const more = h('p', { class: 'dim small note-line', hidden: true });
    const chips = h('div', { class: 'chips', role: 'group', 'aria-label': t.whatif.showAlerts });
    const stretch = (it) => (it ? [shortTime(it.from), h('span', { class: 'dim' }, ` ${it.to === null ? t.whatif.toTheEnd : t.whatif.lasting(span(Math.round((it.to - it.from) / 1000)))}`)] : h('span', { class: 'dim' }, DASH));
    const shift = (alert) => {
      if (alert.kind !== 'moved') return '';
      const seconds = Math.round((alert.model.from - alert.recorded.from) / 1000);
      return (seconds < 0 ? t.whatif.earlier : t.whatif.later)(span(Math.abs(seconds)));
    };
    function fill() {
      const wanted = alerts.filter((alert) => !only || alert.kind === only);
      rows.clear();
      table.replaceChildren(...wanted.slice(0, ROWS_MAX).map((alert) => {
        const row = h('tr', { onpointerenter: () => point(alert) },
          h('td', {}, h('span', { class: `tag ${alert.kind}` }, t.whatif.what[alert.kind])),
          h('th', { scope: 'row' }, words(alert.rule), alert.type && alert.type !== alert.rule ? h('span', { class: 'dim' }, ` (${words(alert.type)})`) : null),
          h('td', {}, words(alert.severity)),
          h('td', { class: 'num' }, stretch(alert.recorded)), h('td', { class: 'num' }, stretch(alert.model)), h('td', { class: 'num' }, shift(alert)),
          h('td', { class: 'num' }, h('a', { href: `${here}/at/${alert.revision}`, onfocus: () => point(alert) }, whole(alert.revision))));
        rows.set(alert, row);
        return row;
      }));
      more.hidden = wanted.length <= ROWS_MAX;
      setText(more, t.whatif.firstRows(ROWS_MAX, wanted.length));
      chips.replaceChildren(...[[null, alerts.length], ...ORDER.map((kind) => [kind, tally[kind]])].map(([kind, n]) =>
        h('button', { type: 'button', class: 'chip', 'aria-pressed': String(only === kind), disabled: kind && !n, title: kind ? KINDS[kind] : null,
          onclick: () => { only = kind; fill(); chips.querySelector('[aria-pressed=true]').focus(); } }, kind ? h('span', { class: `swatch ${kind}`, 'aria-hidden': 'true' }) : null, kind ? t.whatif.what[kind] : t.fleet.all, h('b', { class: 'num' }, n))));
    }
    fill();
    return h('section', { class: 'block' }, h('div', { class: 'section-head' }, h('h2', {}, t.alerts.title), chips),
      h('div', { class: 'panel scroll tall' }, h('table', { class: 'grid-table' },
        h('thead', {}, h('tr', {}, ['', ...t.whatif.alertColumns].map((name, i) => h('th', { scope: 'col', class: i > 2 ? 'num' : null }, name)))), table)), more);
  }

  function lifeTable(error) {
    if (!error || !error.ends.length) return null;
    return h('section', { class: 'block' }, h('h2', {}, t.whatif.lives),
      h('div', { class: 'panel scroll tall' }, h('table', { class: 'grid-table' },
        h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, t.whatif.end), h('th', { scope: 'col', class: 'num' }, t.whatif.readings),
          h('th', { scope: 'col', class: 'num' }, t.whatif.offRecorded(words(error.unit))), h('th', { scope: 'col', class: 'num' }, t.whatif.offModel(words(error.unit))))),
        h('tbody', {}, error.ends.map((end) => h('tr', {}, h('th', { scope: 'row' }, fullTime(time(end.at))), h('td', { class: 'num' }, number(end.readings)),
          h('td', { class: 'num' }, fixed(end.rmse_recorded, 1)),
          h('td', { class: end.rmse_model < end.rmse_recorded ? 'num nearer' : 'num' }, fixed(end.rmse_model, 1))))))),
      h('p', { class: 'dim small note-line' }, [t.whatif.off, error.lives > error.ends.length ? t.whatif.firstOf(error.ends.length, error.lives) : ''].filter(Boolean).join(' ')));
  }

  // ---- The past proved again

  function proof(result) {
    const different = result.compared - result.equal;
    const located = result.differences;
    const how = result.exactness === 'bits' ? t.whatif.toTheBit : t.whatif.within(result.tolerance);
    return [
      h('section', { class: 'panel verdict', 'data-verdict': result.verdict }, h('h2', {}, t.whatif.proofs[result.verdict]),
        h('p', { class: 'lead' }, result.compared
          ? t.whatif.equal(result.equal, result.compared, how, whole)
          : t.whatif.noConclusion),
        h('p', { class: 'lead' }, result.broken_links ? t.whatif.broken(result.broken_links) : t.whatif.whole),
        h('div', { class: 'facts' },
          fact(t.whatif.readings, number(result.readings)), fact(t.whatif.computedAgain, number(result.compared)), fact(t.whatif.different, number(different)),
          fact(t.whatif.revisions, `${whole(result.first_revision)} – ${whole(result.last_revision)}`),
          fact(t.whatif.decidedBy, result.models.join(', ') || DASH))),
      result.unchecked.length ? h('section', { class: 'block' }, h('h2', {}, t.whatif.notChecked), h('ul', { class: 'panel quiet-list' },
        result.unchecked.map((each) => h('li', {}, h('b', { class: 'num' }, number(each.count)), ` ${each.reason}`)))) : null,
      located.length ? h('section', { class: 'block' }, h('h2', {}, t.whatif.where), h('div', { class: 'panel scroll' }, h('table', { class: 'grid-table' },
        h('thead', {}, h('tr', {}, t.whatif.differenceColumns.map((name) => h('th', { scope: 'col' }, name)))),
        h('tbody', {}, located.map((each) => h('tr', {},
          h('td', { class: 'num' }, h('a', { href: `${here}/at/${each.revision}` }, whole(each.revision))),
          h('td', { class: 'num' }, each.index === undefined ? DASH : each.index), h('td', {}, fullTime(time(each.timestamp))), h('td', {}, words(each.what)),
          h('td', { class: 'long' }, each.recorded), h('td', { class: 'long' }, each.computed)))))),
        different + result.broken_links > located.length ? h('p', { class: 'dim small note-line' }, t.whatif.firstOf(located.length, different + result.broken_links)) : null) : null,
    ].filter(Boolean);
  }

  outcome.replaceChildren(...loading());
  prepare();
  return { element, title: `${t.whatif.title} · ${id}`, close: () => { closed = true; forgetDrawn(); } };
}
