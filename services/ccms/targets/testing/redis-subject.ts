import { RedisClient } from '@redis/client';
import type { Endpoint } from '../port.ts';
import { type RedisRotation, redisRotation } from '../redis/rotation.ts';
import { LIMITS } from './postgres-subject.ts';
import { type RedisServer, startRedis } from './redis-server.ts';
import type { Subject } from './subject.ts';

const PROTOCOL = { RESP: 2 } as const;
const clientOf = RedisClient.factory(PROTOCOL);

export interface RedisSubject extends Subject {
  readonly server: RedisServer;
  readonly settings: RedisRotation;
}

export async function redisSubject(
  options: Readonly<Record<string, string>> = {},
  tls?: { key: string; certificate: string },
): Promise<RedisSubject> {
  const server = await startRedis(options, tls);
  const endpoint = (at: number): Endpoint => ({ host: '127.0.0.1', port: at });
  const settings: RedisRotation = {
    name: 'redis of the shop',
    endpoints: [endpoint(server.port)],
    tls: { mode: 'plain' },
    admin: { username: 'admin', password: Buffer.from(server.adminPassword) },
    ...LIMITS,
    user: 'shop',
    rules: ['~shop:*', '+@read', '+@write'],
    savedIn: 'aclfile',
  };
  return {
    server,
    settings,
    serverPort: server.port,
    target: (at = server.port) => redisRotation({ ...settings, endpoints: [endpoint(at)] }),
    async connect(credential) {
      const client = clientOf({
        ...PROTOCOL,
        socket: { host: '127.0.0.1', port: server.port, reconnectStrategy: false },
        username: credential.username,
        password: credential.password.toString(),
        disableClientInfo: true,
      });
      client.on('error', () => undefined);
      await client.connect();
      return {
        async work() {
          await client.sendCommand(['GET', 'shop:stock']);
        },
        close: () => {
          if (client.isOpen) client.destroy();
        },
      };
    },
    async sessions(username) {
      const list = String(await server.admin('CLIENT', 'LIST'));
      return list.split('\n').filter((line) => line.split(' ').includes(`user=${username}`)).length;
    },
    kill: server.kill,
    start: server.start,
    stop: server.stop,
  };
}
