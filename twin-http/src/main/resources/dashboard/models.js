// The bundles of models: what their training measured, and which one decides.

import * as api from './api.js';
import { ask } from './dialog.js';
import { h, loading, trouble } from './dom.js';
import { driftPanel } from './drift.js';
import { DASH, number, percent, timeOf, whole, words } from './format.js';
import { t } from './text.js';

const COLUMNS = ['precision', 'recall', 'f1', 'pr_auc', 'roc_auc', 'mcc', 'brier', 'rmse', 'rmse_capped', 'score'];

/** What the training of a bundle measured, as a table; null when it says nothing. */
export function figuresTable(figures) {
  const groups = Object.entries(figures || {}).filter(([, value]) => value && typeof value === 'object' && COLUMNS.some((column) => typeof value[column] === 'number'));
  if (!groups.length) return null;
  const columns = COLUMNS.filter((column) => groups.some(([, value]) => typeof value[column] === 'number'));
  return h('div', { class: 'scroll' }, h('table', { class: 'grid-table' }, h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, t.models.ofWhat), columns.map((column) => h('th', { scope: 'col', class: 'num' }, words(column))))),
    h('tbody', {}, groups.map(([name, value]) => h('tr', {}, h('th', { scope: 'row' }, words(name)), columns.map((column) => h('td', { class: 'num' }, value[column] === undefined ? DASH : number(value[column]))))))));
}

const REASON_MAX = 500;

/** Asks for the machines and the reason, and does it. */
async function choose(title, text, button, action, reload) {
  const done = await ask({ title, text, button,
    fields: [{ name: 'machines', label: t.models.forMachines, maxlength: 2000 }, { name: 'reason', label: t.actions.reason, maxlength: REASON_MAX }],
    action: ({ machines, reason }) => {
      const ids = machines.split(/[\s,]+/).filter(Boolean);
      return action({ ...(ids.length ? { machines: ids } : {}), ...(reason ? { reason } : {}) });
    } });
  if (done) reload();
}

function choiceButtons(bundle, reload) {
  if (!api.may('engineer') || bundle.trouble || !bundle.places.includes('folder')) return null;
  const name = `${bundle.type}:${bundle.version}`;
  const button = (label, title, text, action) => h('button', { type: 'button', onclick: () => choose(title, text, label, action, reload) }, label);
  return h('div', { class: 'buttons' },
    bundle.champion ? null : button(t.models.promote, t.models.promoteTitle(name), t.models.promoteText, (body) => api.promote(bundle.type, bundle.version, body)),
    bundle.champion ? null : bundle.shadow
      ? button(t.models.noShadow, t.models.noShadowTitle(name), '', (body) => api.noShadow(bundle.type, bundle.version, body))
      : button(t.models.shadow, t.models.shadowTitle(name), t.models.shadowText, (body) => api.shadow(bundle.type, bundle.version, body)));
}

/** Which bundle decides for a type, who chose it, and the way back. */
function choicePanel(choice, reload) {
  if (!choice.changes.length) return null;
  const row = (change) => h('tr', {}, h('td', {}, timeOf(change.at)), h('td', {}, change.by), h('td', {}, change.machine_id || t.models.all),
    h('td', {}, change.champion || DASH), h('td', {}, change.shadow || DASH), h('td', {}, change.reason || ''));
  return h('div', { class: 'panel boxed bundle' },
    choice.probation_until ? h('p', {}, t.models.probation(choice.champion, timeOf(choice.probation_until))) : null,
    choice.machines.length ? h('p', {}, t.models.own(choice.machines.map((each) => `${each.machine_id} ${each.champion || ''}${each.shadow ? ` (${each.shadow})` : ''}`).join(', '))) : null,
    choice.previous && api.may('engineer') ? h('div', { class: 'buttons' }, h('button', { type: 'button',
      onclick: () => choose(t.models.rollbackTitle(choice.type, choice.previous), t.models.rollbackText, t.models.rollback, (body) => api.rollback(choice.type, body), reload) }, t.models.rollback)) : null,
    h('details', { class: 'figures' }, h('summary', {}, t.models.changes), h('div', { class: 'scroll' }, h('table', { class: 'grid-table' },
      h('thead', {}, h('tr', {}, [t.models.when, t.models.who, t.models.whom, t.models.champion, t.models.inShadow, t.actions.reason].map((each) => h('th', { scope: 'col' }, each)))),
      h('tbody', {}, choice.changes.map(row))))));
}

/** What the newest trainings of a type gave, and the way to another one. */
function trainingPanel(type, runs, reload) {
  const train = async () => {
    const done = await ask({ title: t.models.trainTitle(type), text: t.models.trainText, button: t.models.train,
      fields: [{ name: 'month', label: t.models.trainMonth, required: true, maxlength: 7 }, { name: 'sample', label: t.models.trainSample, maxlength: 6 }],
      action: ({ month, sample }) => api.train(type, { month, ...(sample ? { sample: Number(sample) } : {}) }) });
    if (done) reload();
  };
  const found = (run) => {
    const compared = run.report && run.report.comparison;
    if (!compared) return run.detail || DASH;
    const figure = (side) => (compared[side] && typeof compared[side].pr_auc === 'number' ? number(compared[side].pr_auc) : DASH);
    return t.models.trained(`${type}:${compared.challenger.version}`, words(compared.better), figure('challenger'), figure('champion'));
  };
  const button = api.may('engineer') ? h('div', { class: 'buttons' }, h('button', { type: 'button', onclick: train }, t.models.train)) : null;
  if (!runs.length) return button;
  return h('div', { class: 'panel boxed bundle' }, button, h('details', { class: 'figures', open: runs[0].outcome === 'running' }, h('summary', {}, t.models.trainings),
    h('div', { class: 'scroll' }, h('table', { class: 'grid-table' }, h('thead', {}, h('tr', {}, [t.models.when, t.models.who, t.models.trainedFrom, t.models.outcome, t.models.found].map((each) => h('th', { scope: 'col' }, each)))),
      h('tbody', {}, runs.map((run) => h('tr', {}, h('td', {}, timeOf(run.started_at)), h('td', {}, run.requested_by), h('td', {}, `${timeOf(run.from)} – ${timeOf(run.to)}`), h('td', {}, words(run.outcome)), h('td', {}, found(run)))))))));
}

function bundlePanel(bundle, reload) {
  const figures = figuresTable(bundle.figures);
  return h('article', { class: 'panel boxed bundle', 'data-champion': bundle.champion },
    h('div', { class: 'bundle-head' }, h('h3', {}, bundle.version),
      bundle.champion ? h('span', { class: 'tag gained' }, t.models.champion) : null,
      bundle.shadow ? h('span', { class: 'tag' }, t.models.inShadow) : null,
      bundle.loaded ? h('span', { class: 'tag' }, t.models.loaded) : null,
      bundle.places.includes('registry') ? h('span', { class: 'tag' }, bundle.places.includes('folder') ? t.models.inRegistry : t.models.onlyInRegistry) : null,
      bundle.trouble ? h('span', { class: 'tag lost' }, t.models.broken) : null),
    bundle.trouble ? h('p', { class: 'error' }, bundle.trouble) : null,
    bundle.parts ? h('p', {}, t.models.parts(bundle.parts.map(words).join(', '))) : null,
    bundle.training ? h('p', { class: 'dim small' }, t.models.training(whole(bundle.training.rows), bundle.training.data)) : null,
    figures ? h('details', { class: 'figures', open: bundle.champion }, h('summary', {}, t.models.figures), figures) : null,
    bundle.sha256 ? h('p', { class: 'dim small' }, h('code', { title: bundle.sha256 }, bundle.sha256.slice(0, 16))) : null,
    choiceButtons(bundle, reload));
}

const POLL_MS = 500;

export function modelsView() {
  let closed = false;
  const body = h('div', {}, loading(3));
  const kept = h('div', {});
  const said = h('div', { role: 'status' });
  const element = h('section', { class: 'page' }, h('div', { class: 'page-head' }, h('div', {}, h('h1', {}, t.models.title), h('p', { class: 'dim' }, t.models.text), kept, said)), body);

  /** Has the node fetch what the registry has and its folder lacks. */
  async function sync(button) {
    button.disabled = true;
    try {
      let job = await api.syncModels();
      while (job.state === 'running') {
        said.replaceChildren(h('p', {}, t.models.syncing(percent(job.progress))));
        await new Promise((resolve) => { setTimeout(resolve, POLL_MS); });
        if (closed) return;
        job = await api.job(job.job_id);
      }
      if (job.state !== 'done') throw new Error(job.detail || job.state);
      said.replaceChildren(h('p', {}, t.models.synced(job.result.fetched.join(', '))),
        ...job.result.refused.map((each) => h('p', { class: 'error' }, t.models.notTaken(each.model, each.reason))));
    } catch (e) {
      said.replaceChildren(h('p', { class: 'error' }, e.message));
    }
    if (!closed) load();
  }

  function showRegistry(registry) {
    if (!registry) return;
    const button = h('button', { type: 'button', onclick: () => sync(button) }, t.models.sync);
    kept.replaceChildren(h('p', { class: 'dim small' }, t.models.registry(registry.place, registry.trouble)), api.may('engineer') ? h('div', { class: 'buttons' }, button) : '');
  }

  async function load() {
    try {
      const { items, registry } = await api.models();
      if (closed) return;
      showRegistry(registry);
      const types = [...new Set(items.map((bundle) => bundle.type))].sort();
      const here = new Set(items.filter((bundle) => bundle.places.includes('folder')).map((bundle) => bundle.type));
      const choices = new Map((await Promise.all(types.filter((type) => here.has(type)).map((type) => api.modelChoice(type)))).map((choice) => [choice.type, choice]));
      // What is not known of one type does not hide the others.
      const drifts = new Map(await Promise.all([...here].map(async (type) => [type, await api.modelDrift(type).catch(() => null)])));
      const runs = new Map(await Promise.all(types.map(async (type) => [type, (await api.trainings(type).catch(() => ({ items: [] }))).items])));
      if (closed) return;
      const rank = (bundle) => (bundle.champion ? 0 : bundle.shadow ? 1 : 2);
      body.replaceChildren(...(types.length ? types.map((type) => h('section', { class: 'block' }, h('h2', {}, h('a', { href: `#/types/${encodeURIComponent(type)}` }, words(type))),
        choices.has(type) ? choicePanel(choices.get(type), load) : null,
        drifts.get(type) ? driftPanel(drifts.get(type), () => api.typeQuality(type), () => api.modelPerformance(type)) : null,
        trainingPanel(type, runs.get(type), load),
        items.filter((bundle) => bundle.type === type).sort((a, b) => rank(a) - rank(b) || (a.version < b.version ? 1 : -1)).map((bundle) => bundlePanel(bundle, load))))
        : [h('p', { class: 'panel quiet-line' }, t.models.none)]));
    } catch (e) {
      if (!closed) body.replaceChildren(h('div', { class: 'panel' }, trouble(t.models.cannot, e, load)));
    }
  }

  load();
  return { element, title: t.models.title, close: () => { closed = true; } };
}
