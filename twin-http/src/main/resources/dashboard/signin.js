// Asks who somebody is, by name and password or by an API key, and begins a session. What is typed goes
// to the server once and is not kept here: the cookie of the session cannot be read by any script.

import * as api from './api.js';
import { h, setText } from './dom.js';
import { t } from './text.js';

export function signInView(ended) {
  const field = (id, label, attributes) => {
    const input = h('input', { id, spellcheck: 'false', autocapitalize: 'off', ...attributes });
    return { input, parts: [h('label', { for: id }, label), input] };
  };
  const name = field('name', t.signin.name, { type: 'text', autocomplete: 'username' });
  const password = field('password', t.signin.password, { type: 'password', autocomplete: 'current-password' });
  const key = field('api-key', t.signin.key, { type: 'password', autocomplete: 'off' });
  const error = h('p', { class: 'error', role: 'alert', hidden: true });
  const button = h('button', { type: 'submit', class: 'primary' }, t.signin.title);
  const submit = async (event) => {
    event.preventDefault();
    button.disabled = true;
    error.hidden = true;
    const byKey = key.input.value !== '';
    try {
      await api.signIn(byKey ? { api_key: key.input.value } : { name: name.input.value, password: password.input.value, session: true });
      // Everything begins anew, with the session.
      location.reload();
    } catch (e) {
      setText(error, e.message);
      error.hidden = false;
      button.disabled = false;
      (byKey ? key : password).input.select();
    }
  };
  const element = h('section', { class: 'page' },
    h('form', { class: 'panel sign-in', onsubmit: submit },
      h('h1', {}, t.signin.title),
      h('p', { class: 'dim' }, ended ? t.signin.ended : t.signin.wanted),
      ...name.parts, ...password.parts, ...key.parts, error, button));
  return { element, title: t.signin.title, close: () => {}, shown: () => name.input.focus() };
}
