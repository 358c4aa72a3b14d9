/** The server that all files of one end-to-end run share, started once per shape and engine. */
import type { TestProject } from 'vitest/node';
import { type EngineName, type Running, type Shape, startParapet } from './server.ts';

export interface SharedServer {
  shape: Shape;
  engine: EngineName;
  endpoint: string;
  pkiUrl: string;
  acme: Running['acme'];
  port: number;
  caPath: string;
  dataFolder: string;
  services: string;
  admin: Running['admin'];
}

declare module 'vitest' {
  interface ProvidedContext {
    server: SharedServer;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const shape = (process.env.PARAPET_TEST_SHAPE ?? 'mono') as Shape;
  const engine = (process.env.PARAPET_TEST_ENGINE ?? 'sqlite') as EngineName;
  const running = await startParapet({ shape, engine });
  const { endpoint, pkiUrl, acme, port, caPath, dataFolder, services, admin } = running;
  project.provide('server', { shape, engine, endpoint, pkiUrl, acme, port, caPath, dataFolder, services, admin });
  return () => running.stop();
}
