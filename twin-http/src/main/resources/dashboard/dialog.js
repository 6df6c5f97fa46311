// Asks for what an action needs. The browser's own dialog keeps the focus inside and closes by Escape.

import { h, setText } from './dom.js';
import { t } from './text.js';

function control(field) {
  const common = { id: `field-${field.name}`, name: field.name, required: field.required, autocomplete: field.autocomplete || 'off' };
  if (field.options) return h('select', common, field.options.map(([value, label]) => h('option', { value, selected: value === field.value }, label)));
  if (field.lines) {
    const area = h('textarea', { ...common, rows: field.lines, maxlength: field.maxlength, spellcheck: field.code ? 'false' : null, class: field.code ? 'code' : null });
    area.value = field.value || '';
    return area;
  }
  const input = h('input', { ...common, type: field.type || 'text', maxlength: field.maxlength, minlength: field.minlength, min: field.min, list: field.suggestions ? `${common.id}-list` : null });
  if (field.value) input.value = field.value;
  return input;
}

/**
 * Opens a dialog. The action gets the values by name, files as files, and may fail: its message is shown and the dialog stays.
 * Resolves to what the action gave, or to null when it was left.
 */
export function ask({ title, text, fields = [], button, action }) {
  const controls = fields.map((field) => [field, control(field)]);
  const error = h('p', { class: 'error', role: 'alert', hidden: true });
  const submit = h('button', { type: 'submit', class: 'primary' }, button);
  const cancel = h('button', { type: 'button', onclick: () => dialog.close() }, t.frame.cancel);
  let result = null;
  const dialog = h('dialog', { 'aria-labelledby': 'dialog-title' },
    h('form', { onsubmit: send }, h('h2', { id: 'dialog-title' }, title), text ? h('p', { class: 'dim' }, text) : null,
      controls.map(([field, element]) => h('label', { for: element.id }, h('span', {}, field.label), element,
        field.suggestions ? h('datalist', { id: `${element.id}-list` }, field.suggestions.map((value) => h('option', { value }))) : null)),
      error, h('div', { class: 'dialog-end' }, cancel, submit)));

  async function send(event) {
    event.preventDefault();
    submit.disabled = true;
    error.hidden = true;
    try {
      result = (await action(Object.fromEntries(controls.map(([field, element]) => [field.name, element.files ? element.files[0] : element.value])))) ?? true;
      dialog.close();
    } catch (e) {
      setText(error, e.message);
      error.hidden = false;
      submit.disabled = false;
    }
  }

  const before = document.activeElement;
  document.body.append(dialog);
  dialog.showModal();
  (controls[0]?.[1] || submit).focus();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      before?.focus?.({ preventScroll: true });
      resolve(result);
    });
  });
}
