CREATE TABLE users (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    username TEXT NOT NULL UNIQUE,
    email    TEXT NOT NULL DEFAULT '',
    password TEXT NOT NULL,
    role     TEXT NOT NULL DEFAULT 'user',
    joined   TEXT NOT NULL DEFAULT (date('now'))
);

CREATE TABLE notes (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id INTEGER NOT NULL REFERENCES users (id),
    title   TEXT NOT NULL,
    body    TEXT NOT NULL DEFAULT '',
    tag     TEXT NOT NULL DEFAULT 'idea',
    created TEXT NOT NULL DEFAULT (datetime('now'))
);

CREATE INDEX notes_of_user ON notes (user_id, created);

CREATE TABLE files (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id  INTEGER NOT NULL REFERENCES users (id),
    name     TEXT NOT NULL UNIQUE,
    size     INTEGER NOT NULL,
    uploaded TEXT NOT NULL DEFAULT (datetime('now'))
);
