/** An address that leads to one server or another, as a floating address or a balancer in front of a database does. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from '../../platform/store/testing/private-server.ts';

export class Address {
  readonly port: number;
  private readonly listener: Server;
  private readonly open = new Set<Socket>();
  private target: number;

  private constructor(port: number, target: number) {
    this.port = port;
    this.target = target;
    this.listener = createServer((near) => this.carry(near)).listen(port, '127.0.0.1');
  }

  /** The same URL, at an address that can be moved. */
  static async before(url: string): Promise<{ address: Address; url: string }> {
    const moved = new URL(url);
    const address = new Address(await freePort(), Number(moved.port));
    moved.port = String(address.port);
    return { address, url: moved.href };
  }

  /** Leads there from now on; connections that are open break. */
  moveTo(url: string): void {
    this.target = Number(new URL(url).port);
    for (const socket of this.open) socket.destroy();
  }

  close(): void {
    this.listener.close();
    for (const socket of this.open) socket.destroy();
  }

  private carry(near: Socket): void {
    const far = connect(this.target, '127.0.0.1');
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.open.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.open.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }
}
