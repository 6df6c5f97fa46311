// Calls the API. A problem becomes an Error whose message is the problem's detail.

import { t } from './text.js';

const PATIENCE_MS = 30000;
const ROLES = ['viewer', 'operator', 'engineer', 'administrator'];

export class ApiError extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

let refused = () => {};
let role = null;

/** Is told when a call was refused for want of a key or a session. */
export function onRefused(listener) {
  refused = listener;
}

/** Whether the caller may do what that role may; a server that tells no roles lets everybody do everything. */
export const may = (wanted) => role === null || ROLES.indexOf(role) >= ROLES.indexOf(wanted);

async function text(path, options) {
  let response;
  try {
    response = await fetch(path, { ...options, signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch {
    throw new ApiError(t.frame.unreachable, 0);
  }
  const answer = await response.text();
  if (response.ok) return answer;
  if (response.status === 401) refused();
  throw new ApiError(parsed(answer)?.detail || t.frame.answered(response.status), response.status);
}

function parsed(answer) {
  try {
    return answer ? JSON.parse(answer) : null;
  } catch {
    // Not from this API: the status says enough.
    return null;
  }
}

const call = async (path, options) => parsed(await text(path, options));

const id = encodeURIComponent;
const query = (parameters) => {
  const present = Object.entries(parameters || {}).filter(([, v]) => v !== null && v !== undefined && v !== '');
  return present.length ? '?' + new URLSearchParams(present) : '';
};
const send = (method) => (path, body) =>
  call(path, body === undefined
    ? { method }
    : { method, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
const post = send('POST');
const put = send('PUT');
const patch = send('PATCH');
const remove = send('DELETE');

export const fleet = (parameters) => call('/api/v1/machines' + query(parameters));
export const state = (machine) => call(`/api/v1/machines/${id(machine)}/state`);
export const machine = (name) => call(`/api/v1/machines/${id(name)}`);
export const readings = (name, parameters) => call(`/api/v1/machines/${id(name)}/readings` + query(parameters));
export const explanation = (name, parameters) => call(`/api/v1/machines/${id(name)}/explanation` + query(parameters));
export const stateAt = (name, moment) => call(`/api/v1/machines/${id(name)}/state` + query(moment));
export const events = (name, parameters) => call(`/api/v1/machines/${id(name)}/events` + query(parameters));
export const maintain = (name, done) => post(`/api/v1/machines/${id(name)}/maintenance`, done);

/** The alerts of a stretch of time and what was done to the machine, as events. */
export async function changes(name, parameters) {
  const lines = await text(`/api/v1/machines/${id(name)}/events` + query({ ...parameters, kinds: 'alert,maintenance' }), { headers: { Accept: 'application/x-ndjson' } });
  return lines.split('\n').filter(Boolean).map((line) => JSON.parse(line));
}

export const alerts = (parameters) => call('/api/v1/alerts' + query(parameters));
export const alert = (name) => call(`/api/v1/alerts/${id(name)}`);
export const incidents = (parameters) => call('/api/v1/incidents' + query(parameters));
export const alertAction = (name, action, body) => post(`/api/v1/alerts/${id(name)}/${action}`, body);

export const models = (type) => call('/api/v1/models' + query({ type }));
export const modelChoice = (type) => call(`/api/v1/models/${id(type)}`);
export const modelDrift = (type, machine) => call(`/api/v1/models/${id(type)}/drift` + query({ machine }));
export const modelPerformance = (type) => call(`/api/v1/models/${id(type)}/performance`);
export const typeQuality = (type) => call(`/api/v1/types/${id(type)}/quality`);
export const machineQuality = (machine) => call(`/api/v1/machines/${id(machine)}/quality`);
export const promote = (type, version, body) => post(`/api/v1/models/${id(type)}/${id(version)}/promote`, body);
export const shadow = (type, version, body) => post(`/api/v1/models/${id(type)}/${id(version)}/shadow`, body);
export const noShadow = (type, version, body) => send('DELETE')(`/api/v1/models/${id(type)}/${id(version)}/shadow`, body);
export const train = (type, body) => post(`/api/v1/models/${id(type)}/train`, body);
export const trainings = (type) => call(`/api/v1/models/${id(type)}/trainings`);
export const rollback = (type, body) => post(`/api/v1/models/${id(type)}/rollback`, body);
export const syncModels = () => post('/api/v1/models/sync', {});
export const replay = (name, wanted) => post(`/api/v1/machines/${id(name)}/replay`, wanted);
export const job = (name) => call(`/api/v1/jobs/${id(name)}`);
export const cancelJob = (name) => remove(`/api/v1/jobs/${id(name)}`);

export const types = () => call('/api/v1/types');
/** A type from recorded data, to be looked over and then put. */
export const proposeType = (name, csv) => post(`/api/v1/types/${id(name)}/proposal`, { csv });
export const putType = (name, type) => put(`/api/v1/types/${id(name)}`, type);

export const deadLetters = (parameters) => call('/api/v1/dead-letters' + query(parameters));
export const retryDeadLetter = (name) => post(`/api/v1/dead-letters/${id(name)}/retry`);

export const systemInfo = () => call('/api/v1/system/info');
export const metrics = () => text('/metrics');
/** What must be ready and whether it is; the answer says the same in the body when something is not. */
export async function ready() {
  const response = await fetch('/ready', { signal: AbortSignal.timeout(PATIENCE_MS) }).catch(() => null);
  return response ? parsed(await response.text()) : null;
}
export const simulate = (name, profile, seconds) =>
  post(`/api/v1/simulations/${id(name)}` + query({ profile, duration_sec: seconds }));

export async function me() {
  const caller = await call('/api/v1/auth/me');
  role = caller.role?.toLowerCase() || null;
  return caller;
}
export const signIn = (credentials) => post('/api/v1/auth/login', credentials);
export const signOut = () => post('/api/v1/auth/logout');
export const users = () => call('/api/v1/users');
export const createUser = (user) => post('/api/v1/users', user);
export const changeUser = (name, changed) => patch(`/api/v1/users/${id(name)}`, changed);
export const apiKeys = () => call('/api/v1/api-keys');
export const createApiKey = (key) => post('/api/v1/api-keys', key);
export const revokeApiKey = (name) => remove(`/api/v1/api-keys/${id(name)}`);
