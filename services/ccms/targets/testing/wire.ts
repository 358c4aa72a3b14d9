/**
 * A wire between an adapter and its server that can be listened to and cut. A cut after the n-th answer is a crash
 * whose last acknowledgement got lost: the server has done what the adapter will never hear about.
 */
import { connect, createServer, type Socket } from 'node:net';

export interface Wire {
  readonly port: number;
  /** What has gone by since the last call, both ways. */
  heard(): Buffer;
  /** From now on `answers` more chunks come back from the server; then every connection ends, and no new one opens. */
  cutAfter(answers: number): void;
  /** Whether the cut has happened. */
  readonly cut: boolean;
  mend(): void;
  close(): Promise<void>;
}

export async function openWire(serverPort: number): Promise<Wire> {
  const open = new Set<Socket>();
  let heard: Buffer[] = [];
  let left = Number.POSITIVE_INFINITY;
  let cut = false;
  const end = () => {
    cut = true;
    for (const socket of open) socket.destroy();
  };
  const listener = createServer((client) => {
    if (cut) {
      client.destroy();
      return;
    }
    const server = connect(serverPort, '127.0.0.1');
    for (const [from, to, answer] of [
      [client, server, false],
      [server, client, true],
    ] as const) {
      open.add(from);
      from.setNoDelay(true);
      from.on('error', () => undefined);
      from.on('close', () => {
        open.delete(from);
        to.destroy();
      });
      from.on('data', (chunk: Buffer) => {
        heard.push(chunk);
        if (answer && left <= 0) {
          end();
          return;
        }
        if (answer) left -= 1;
        to.write(chunk);
      });
    }
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    heard() {
      const all = Buffer.concat(heard);
      heard = [];
      return all;
    },
    cutAfter(answers) {
      left = answers;
    },
    get cut() {
      return cut;
    },
    mend() {
      left = Number.POSITIVE_INFINITY;
      cut = false;
    },
    close() {
      end();
      return new Promise((resolve) => listener.close(() => resolve()));
    },
  };
}
