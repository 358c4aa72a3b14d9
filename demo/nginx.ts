/** Debian's nginx with a configuration of its own: port 80 for challenges of ACME, and the shop over TLS. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PROGRAM = '/usr/sbin/nginx';

export interface Nginx {
  /** Files of plain HTTP, where certbot puts its challenges. */
  readonly webroot: string;
  /** As an operator does after a change. */
  serveTls(certificate: { port: number; chain: string; key: string; behind: string }): void;
  stop(): void;
}

export function startNginx(httpPort: number): Nginx {
  const folder = mkdtempSync(join(tmpdir(), 'parapet-nginx-'));
  const webroot = join(folder, 'www');
  mkdirSync(webroot);
  // Its workers are nobody.
  for (const path of [folder, webroot]) chmodSync(path, 0o755);
  const file = join(folder, 'nginx.conf');
  const write = (server: string) => writeFileSync(file, configuration(folder, webroot, httpPort, server));
  write('');
  const words = ['-p', folder, '-c', file, '-e', join(folder, 'error.log')];
  const child: ChildProcess = spawn(PROGRAM, words, { stdio: ['ignore', 'ignore', 'inherit'] });
  return {
    webroot,
    serveTls({ port, chain, key, behind }) {
      write(`server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${chain};
    ssl_certificate_key ${key};
    location / { proxy_pass ${behind}; }
  }`);
      child.kill('SIGHUP');
    },
    stop() {
      // Its workers end with it, which they do not by SIGKILL.
      child.once('exit', () => rmSync(folder, { recursive: true, force: true }));
      child.kill('SIGTERM');
    },
  };
}

function configuration(folder: string, webroot: string, httpPort: number, server: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `  ${name}_temp_path ${join(folder, name)};\n`,
  );
  return `daemon off;
worker_processes 1;
pid ${join(folder, 'nginx.pid')};
events {}
http {
  access_log off;
${temporary.join('')}  server {
    listen 127.0.0.1:${httpPort};
    root ${webroot};
  }
  ${server}
}
`;
}
