-- Who may call: people with passwords, programs with keys, and what has been given out to them. Each
-- node keeps a copy of the first two and of the sessions that were ended, and looks here again every
-- few seconds.
create table users (
  name text collate "C" primary key,
  -- argon2id with its parameters and salt, as a PHC string.
  password_hash text not null,
  role text not null check (role in ('viewer', 'operator', 'engineer', 'administrator')),
  -- The sites whose machines are seen; none stands for all.
  sites text[] not null default '{}',
  disabled boolean not null default false,
  failed_logins integer not null default 0,
  locked_until timestamptz,
  -- Grows with whatever ends what has been given out: it stands in every token.
  epoch bigint not null default 0,
  created_at timestamptz not null,
  created_by text not null,
  last_login_at timestamptz
);

create table api_keys (
  name text collate "C" primary key,
  -- SHA-256 in hexadecimal digits. A key is as random as its digest, so that it needs no salt.
  digest text not null unique,
  role text not null check (role in ('viewer', 'operator', 'engineer', 'administrator')),
  sites text[] not null default '{}',
  expires_at timestamptz,
  created_at timestamptz not null,
  created_by text not null
);

-- Each can be used once; one that is used again has been stolen, and ends its session.
create table refresh_tokens (
  digest text primary key,
  session text not null,
  user_name text not null references users (name) on delete cascade,
  epoch bigint not null,
  expires_at timestamptz not null,
  used boolean not null default false
);
create index refresh_tokens_by_session_idx on refresh_tokens (session);
create index refresh_tokens_expired_idx on refresh_tokens (expires_at);

-- Until the last token of the session has run out by itself.
create table ended_sessions (
  session text primary key,
  until timestamptz not null
);

-- The secret that signs tokens, where the configuration does not give one.
create table token_key (
  id boolean primary key default true check (id),
  secret text not null
);
