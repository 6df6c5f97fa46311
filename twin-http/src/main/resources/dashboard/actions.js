// What people do about alerts, each as one entry: where it makes sense, what it asks for, what it calls.

import * as api from './api.js';
import { ask } from './dialog.js';
import { t } from './text.js';

export const OPEN = ['unacknowledged', 'acknowledged', 'returned_unacknowledged'];
/** Those that somebody should take note of. */
export const WAITING = ['unacknowledged', 'returned_unacknowledged'];
export const AWAY = ['shelved', 'suppressed', 'out_of_service'];
const HOUR = 3600;
const REASON_MAX = 256;

const reason = (required) => ({ name: 'reason', label: t.actions.reason, required, maxlength: REASON_MAX });

/** Name, key, states in which it can be done (null: all), fields that it asks for (without any it is done at once), what it sends, and the call where that has another name. */
const ACTIONS = [
  { name: 'acknowledge', key: 'a', states: WAITING },
  { name: 'shelve', key: 's', states: OPEN, fields: () => [
    { name: 'duration_sec', label: t.actions.forHowLong, value: String(HOUR), options: [900, HOUR, 4 * HOUR, 8 * HOUR, 24 * HOUR].map((sec) => [String(sec), t.actions.duration(sec)]) }, reason(true)],
  body: (values) => ({ duration_sec: Number(values.duration_sec), reason: values.reason }) },
  { name: 'unshelve', key: 'u', states: ['shelved'] },
  { name: 'clear', key: 'c', states: OPEN, fields: () => [reason(false)] },
  { name: 'verdict', key: 'v', states: null, fields: () => [
    { name: 'verdict', label: t.actions.wasIt, options: ['real', 'false', 'unknown'].map((each) => [each, t.actions.verdicts[each]]) },
    { name: 'finding', label: t.actions.finding, maxlength: REASON_MAX },
    { name: 'note', label: t.actions.note, maxlength: REASON_MAX, lines: 3 }],
  body: ({ verdict, finding, note }) => ({ verdict, ...(finding ? { finding } : {}), ...(note ? { note } : {}) }) },
  { name: 'suppress', states: OPEN, fields: () => [reason(true)] },
  { name: 'unsuppress', call: 'suppress', states: ['suppressed'], body: () => ({ suppressed: false }) },
  { name: 'out-of-service', states: OPEN, fields: () => [reason(true)] },
  { name: 'in-service', call: 'out-of-service', states: ['out_of_service'], body: () => ({ in_service: true }) },
];

export const actionsFor = (alerts) => (api.may('operator')
  ? ACTIONS.filter((action) => alerts.some((alert) => !action.states || action.states.includes(alert.state))) : []);

export const byKey = (key) => ACTIONS.find((action) => action.key === key);
export const keys = () => ACTIONS.filter((action) => action.key).map((action) => [action.key, t.actions.names[action.name]]);

/** Does it to each alert for which it makes sense; resolves to how many, or null when somebody thought better of it. */
export async function act(action, alerts) {
  const meant = alerts.filter((alert) => !action.states || action.states.includes(alert.state));
  const toEach = async (values) => {
    const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value));
    const body = action.body ? action.body(given) : Object.keys(given).length ? given : undefined;
    const outcomes = await Promise.allSettled(meant.map((alert) => api.alertAction(alert.alert_id, action.call || action.name, body)));
    const failed = outcomes.filter((outcome) => outcome.status === 'rejected');
    if (failed.length) throw new Error(meant.length > 1 ? t.actions.someFailed(failed.length, meant.length, failed[0].reason.message) : failed[0].reason.message);
    return meant.length;
  };
  if (!meant.length) return null;
  if (!action.fields) return toEach({});
  return ask({ title: t.actions.titles[action.name](meant.length), text: t.actions.texts[action.name], fields: action.fields(), button: t.actions.names[action.name], action: toEach });
}
