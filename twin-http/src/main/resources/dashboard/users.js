// Who may do what: users with their roles, and the keys of devices and services.

import * as api from './api.js';
import { ask } from './dialog.js';
import { h, loading, trouble } from './dom.js';
import { DASH, timeOf } from './format.js';
import { t } from './text.js';

const PASSWORD_MIN = 12;
const NAME_MAX = 64;
const DAYS = [0, 30, 90, 365];

const roles = () => Object.entries(t.users.roles);
const sitesOf = (text) => (text || '').split(',').map((each) => each.trim()).filter(Boolean);
const sitesShown = (holder) => (holder.sites || []).join(', ') || t.users.allSites;

export function usersView() {
  let closed = false;
  const users = h('div', {}, loading(2));
  const keys = h('div', {});
  const said = h('p', { class: 'notice', role: 'status', hidden: true });
  const element = h('section', { class: 'page' },
    h('div', { class: 'page-head' }, h('div', {}, h('h1', {}, t.users.title), h('p', { class: 'dim' }, t.users.text))), said, users, keys);

  const section = (title, add, columns, rows, none) => [h('section', { class: 'block' }, h('div', { class: 'section-head' }, h('h2', {}, title), add),
    rows.length ? h('div', { class: 'panel scroll' }, h('table', { class: 'grid-table' }, h('thead', {}, h('tr', {}, columns.map((name) => h('th', { scope: 'col' }, name)))), h('tbody', {}, rows)))
      : h('p', { class: 'panel quiet-line' }, none))];

  const role = (value) => ({ name: 'role', label: t.users.role, options: roles(), value });
  const sites = (value) => ({ name: 'sites', label: t.users.sitesHint, value });
  const password = (label, required) => ({ name: 'password', label, type: 'password', autocomplete: 'new-password', minlength: PASSWORD_MIN, required });

  async function done(asked) {
    if ((await asked) && !closed) load();
  }

  const addUser = () => done(ask({ title: t.users.add, button: t.users.create,
    fields: [{ name: 'name', label: t.users.name, required: true, maxlength: NAME_MAX }, password(t.users.password, true), role('operator'), sites('')],
    action: (values) => api.createUser({ name: values.name, password: values.password, role: values.role, sites: sitesOf(values.sites) }) }));

  const changeUser = (user) => done(ask({ title: t.users.changeTitle(user.name), button: t.users.save,
    fields: [role(user.role), sites((user.sites || []).join(', ')), { name: 'status', label: t.users.status, value: user.disabled ? 'disabled' : 'active', options: [['active', t.users.active], ['disabled', t.users.disabled]] }, password(t.users.newPassword, false)],
    action: (values) => api.changeUser(user.name, { role: values.role, sites: sitesOf(values.sites), disabled: values.status === 'disabled', ...(values.password ? { password: values.password } : {}) }) }));

  const addKey = () => done(ask({ title: t.users.addKey, button: t.users.create,
    fields: [{ name: 'name', label: t.users.name, required: true, maxlength: NAME_MAX }, role('operator'), sites(''),
      { name: 'days', label: t.users.expiresIn, options: DAYS.map((days) => [String(days), days ? t.users.days(days) : t.users.never]) }],
    action: async (values) => {
      const days = Number(values.days);
      const made = await api.createApiKey({ name: values.name, role: values.role, sites: sitesOf(values.sites), ...(days ? { expires_at: new Date(Date.now() + days * 86400e3).toISOString() } : {}) });
      said.hidden = false;
      said.replaceChildren(t.users.secret(values.name, ''), h('code', {}, made.api_key));
      return made;
    } }));

  const revoke = (key) => done(ask({ title: t.users.revokeTitle(key.name), text: t.users.revokeText, button: t.users.revoke, action: () => api.revokeApiKey(key.name) }));

  async function load() {
    try {
      const [all, made] = await Promise.all([api.users(), api.apiKeys()]);
      if (closed) return;
      users.replaceChildren(...section(t.users.title, h('button', { type: 'button', onclick: addUser }, t.users.add), [t.users.user, t.users.role, t.users.sites, t.users.status, ''],
        all.items.map((user) => h('tr', {}, h('th', { scope: 'row' }, user.name), h('td', {}, t.users.roles[user.role] || user.role), h('td', {}, sitesShown(user)),
          h('td', {}, user.disabled ? t.users.disabled : user.locked_until ? t.users.locked(timeOf(user.locked_until)) : t.users.active), h('td', { class: 'num' }, h('button', { type: 'button', onclick: () => changeUser(user) }, t.users.change)))), DASH));
      keys.replaceChildren(...section(t.users.keys, h('button', { type: 'button', onclick: addKey }, t.users.addKey), [t.users.key, t.users.role, t.users.sites, t.users.expires, ''],
        made.items.map((key) => h('tr', {}, h('th', { scope: 'row' }, key.name), h('td', {}, t.users.roles[key.role] || key.role), h('td', {}, sitesShown(key)),
          h('td', {}, key.expires_at ? timeOf(key.expires_at) : t.users.never), h('td', { class: 'num' }, key.configured ? null : h('button', { type: 'button', onclick: () => revoke(key) }, t.users.revoke)))), t.users.noKeys));
    } catch (e) {
      if (!closed) users.replaceChildren(h('div', { class: 'panel' }, trouble(t.users.cannot, e, load)));
    }
  }

  load();
  return { element, title: t.users.title, close: () => { closed = true; } };
}
