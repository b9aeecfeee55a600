import { StoreError } from '@mq/store'
import type { Connection } from './connection.js'

/** Stands in the head of the file, for others to see whose it is: `MQst`. */
const applicationId = 0x4d_51_73_74
const schemaVersion = 1

/**
 * `position` is what RocketMQ calls the commit log offset. `queue` is empty for half messages and rollbacks. The index of the
 * queues holds all that a search by offset, tags or time needs, so that the records themselves are read only to be handed out.
 */
const schema = `
  CREATE TABLE records (
    position INTEGER PRIMARY KEY,
    queue INTEGER,
    queue_offset INTEGER NOT NULL,
    tags_code INTEGER NOT NULL,
    stored_at INTEGER NOT NULL,
    size INTEGER NOT NULL,
    bytes BLOB NOT NULL
  );
  CREATE INDEX entries ON records (queue, queue_offset, tags_code, stored_at, size) WHERE queue IS NOT NULL;
  CREATE TABLE queues (
    id INTEGER PRIMARY KEY,
    topic TEXT NOT NULL,
    queue_id INTEGER NOT NULL,
    next_offset INTEGER NOT NULL,
    UNIQUE (topic, queue_id)
  );
  CREATE TABLE keys (
    topic TEXT NOT NULL,
    key TEXT NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (topic, key, position)
  ) WITHOUT ROWID;
  CREATE INDEX keys_by_position ON keys (position);
  CREATE TABLE log (next_position INTEGER NOT NULL, last_stored_at INTEGER NOT NULL);
  INSERT INTO log VALUES (0, 0);
  CREATE TABLE documents (name TEXT PRIMARY KEY, text TEXT NOT NULL, previous TEXT) WITHOUT ROWID;
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${schemaVersion};
`

/** Makes the tables in a new file. Throws `StoreError` `FORMAT` for the database of another program or a later version. */
export function makeSchema(connection: Connection): void {
  const [{ tables }] = connection.prepare<{ tables: number }>('SELECT count(*) AS tables FROM sqlite_master').all() as [
    { tables: number },
  ]
  if (tables === 0) return connection.transaction(() => connection.exec(schema))
  const [head] = connection
    .prepare<{ id: number; version: number }>(
      'SELECT application_id AS id, user_version AS version FROM pragma_application_id, pragma_user_version',
    )
    .all()
  if (head?.id !== applicationId)
    throw new StoreError('FORMAT', `${connection.path} is the database of another program: use another folder`)
  if (head.version > schemaVersion)
    throw new StoreError(
      'FORMAT',
      `${connection.path} was written by a later version of @mq/store-sqlite: use that one`,
    )
}
