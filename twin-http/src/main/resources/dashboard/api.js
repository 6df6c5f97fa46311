// Calls the API. A problem becomes an Error whose message is the problem's detail.

export class ApiError extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

let refused = () => {};

/** Is told when a call was refused for want of a key or a session. */
export function onRefused(listener) {
  refused = listener;
}

async function call(path, options) {
  let response;
  try {
    response = await fetch(path, { ...options, signal: AbortSignal.timeout(30000) });
  } catch {
    throw new ApiError('The server cannot be reached. Is it still running?', 0);
  }
  const text = await response.text();
  let body = null;
  try {
    body = text ? JSON.parse(text) : null;
  } catch {
    // Not from this API: the status says enough.
  }
  if (!response.ok) {
    if (response.status === 401) refused();
    throw new ApiError((body && body.detail) || `The server answered ${response.status}.`, response.status);
  }
  return body;
}

const id = encodeURIComponent;
const query = (parameters) => {
  const present = Object.entries(parameters).filter(([, v]) => v !== null && v !== undefined && v !== '');
  return present.length ? '?' + new URLSearchParams(present) : '';
};
const post = (path, body) =>
  call(path, body === undefined
    ? { method: 'POST' }
    : { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });

export const fleet = (parameters) => call('/api/v1/machines' + query(parameters));
export const state = (machine) => call(`/api/v1/machines/${id(machine)}/state`);
export const machine = (name) => call(`/api/v1/machines/${id(name)}`);
export const readings = (name, parameters) => call(`/api/v1/machines/${id(name)}/readings` + query(parameters));
export const explanation = (name, parameters) => call(`/api/v1/machines/${id(name)}/explanation` + query(parameters || {}));
export const stateAt = (name, revision) => call(`/api/v1/machines/${id(name)}/state` + query({ revision }));
export const event = (name, revision) => call(`/api/v1/machines/${id(name)}/events` + query({ after: revision - 1, limit: 1 }));
export const models = (type) => call('/api/v1/models' + query({ type }));
export const replay = (name, wanted) => post(`/api/v1/machines/${id(name)}/replay`, wanted);
export const job = (name) => call(`/api/v1/jobs/${id(name)}`);
export const cancelJob = (name) => call(`/api/v1/jobs/${id(name)}`, { method: 'DELETE' });
export const me = () => call('/api/v1/auth/me');
export const signIn = (key) => post('/api/v1/auth/login', { api_key: key });
export const signOut = () => post('/api/v1/auth/logout');
export const systemInfo = () => call('/api/v1/system/info');
export const acknowledge = (alert) => post(`/api/v1/alerts/${id(alert)}/acknowledge`);
export const simulate = (name, profile, seconds) =>
  post(`/api/v1/simulations/${id(name)}` + query({ profile, duration_sec: seconds }));
