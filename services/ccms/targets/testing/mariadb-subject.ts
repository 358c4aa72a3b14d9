import mysql from 'mysql2/promise';
import { type MariaDbRotation, mariaDbRotation } from '../mariadb/rotation.ts';
import type { Endpoint } from '../port.ts';
import { type MariaDbServer, startMariaDb } from './mariadb-server.ts';
import { LIMITS } from './postgres-subject.ts';
import type { Subject } from './subject.ts';

export interface MariaDbSubject extends Subject {
  readonly server: MariaDbServer;
  readonly settings: MariaDbRotation;
}

/** A rotator with what spec ccms 3.6.6 gives it, and nothing in `mysql` but the names of users. */
export async function mariaDbSubject(options: Readonly<Record<string, string>> = {}): Promise<MariaDbSubject> {
  const server = await startMariaDb(options);
  await server.root(
    'CREATE DATABASE shop_1',
    'CREATE TABLE shop_1.stock (id int primary key)',
    "CREATE USER rotator@'127.0.0.1' IDENTIFIED BY 'rotator'",
    "GRANT CREATE USER, CONNECTION ADMIN ON *.* TO rotator@'127.0.0.1'",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON `shop\\_1`.* TO rotator@'127.0.0.1' WITH GRANT OPTION",
    "GRANT SELECT (User, Host, Plugin) ON mysql.user TO rotator@'127.0.0.1'",
  );
  const endpoint = (at: number): Endpoint => ({ host: '127.0.0.1', port: at });
  const settings: MariaDbRotation = {
    name: 'mariadb of the shop',
    endpoints: [endpoint(server.port)],
    tls: { mode: 'plain' },
    admin: { username: 'rotator', password: Buffer.from('rotator') },
    ...LIMITS,
    database: 'shop_1',
    fromHost: '%',
    users: ['shop_a', 'shop_b'],
    grants: [{ privileges: ['SELECT', 'INSERT'], database: 'shop_1' }],
    testStatement: 'SELECT count(*) FROM stock',
  };
  return {
    server,
    settings,
    serverPort: server.port,
    target: (at = server.port) => mariaDbRotation({ ...settings, endpoints: [endpoint(at)] }),
    async connect(credential) {
      const client = await mysql.createConnection({
        host: '127.0.0.1',
        port: server.port,
        database: 'shop_1',
        user: credential.username,
        password: credential.password.toString(),
      });
      client.on('error', () => undefined);
      return {
        async work() {
          await client.query('SELECT count(*) FROM stock');
        },
        close: () => client.destroy(),
      };
    },
    async sessions(username) {
      const rows = await server.root(
        `SELECT 1 FROM information_schema.processlist WHERE user = ${mysql.escape(username)}`,
      );
      return rows.length;
    },
    kill: server.kill,
    start: server.start,
    stop: server.stop,
  };
}
