/** One suite for every way to reach a service: values, errors and marks arrive as they were sent. */
import { MessageChannel } from 'node:worker_threads';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ServiceError } from '../contract/error.ts';
import { defineOperation } from '../contract/operation.ts';
import { blob, dictionary, structure, text, timestamp } from '../contract/shape.ts';
import type { Invocation } from '../runtime/call.ts';
import { answer, seal } from './envelope.ts';
import { LocalTransport } from './local.ts';
import { ThreadLink } from './thread.ts';
import { createClient, type Transport } from './transport.ts';

const Echo = defineOperation({
  name: 'Echo',
  service: 'kms',
  doc: 'Answers what it is given.',
  input: structure({
    Text: text(0, 100).optional(),
    Data: blob(100, 0).optional(),
    When: timestamp().optional(),
    Map: dictionary(z.string(), z.unknown() as unknown as z.ZodString).optional(),
  }),
  output: structure({
    Text: text(0, 100).optional(),
    Data: blob(100, 0).optional(),
    When: timestamp().optional(),
    Seen: text(0, 1000),
  }),
  authz: 'internal',
  effect: 'read',
  audit: { class: 'management' },
});

const execute = async (invocation: Invocation): Promise<unknown> => {
  const input = invocation.input as { Text?: string; Data?: Buffer };
  if (input.Text === 'fail')
    throw new ServiceError('LimitExceeded', 'too many', { hint: 'fewer', status: 409, details: { decisionId: 'd' } });
  if (input.Text === 'crash') throw new Error('with inner text');
  return { ...input, Seen: JSON.stringify(invocation.input) };
};

const local = new LocalTransport();
local.register('kms', execute);
const channel = new MessageChannel();
const near = new ThreadLink(channel.port1);
const far = new ThreadLink(channel.port2);
far.serve([Echo], execute);
afterAll(() => near.close());
const json: Transport = {
  async invoke(invocation) {
    const envelope = JSON.parse(JSON.stringify(seal(invocation)));
    const reply = JSON.parse(JSON.stringify(await answer(envelope, new Map([['Echo', Echo]]), execute)));
    if ('error' in reply) throw ServiceError.fromWire(reply.error);
    const { decoder } = await import('../contract/codec.ts');
    const { shapeTree } = await import('../contract/shape-tree.ts');
    return decoder(shapeTree(Echo.output), 'native')(reply.output);
  },
};

describe.each([
  ['local', local],
  ['thread', near],
  ['json', json],
] as [string, Transport][])('%s', (name, transport) => {
  const client = createClient({ Echo }, transport, { service: 'iam', now: () => 0, newId: () => 'id' });

  it('brings bytes and moments back', async () => {
    const answered = await client.Echo({ Text: 'a', Data: Buffer.from([0, 255]), When: 1_700_000_000_123 });
    expect(answered).toMatchObject({ Text: 'a', Data: Buffer.from([0, 255]), When: 1_700_000_000_123 });
  });

  it('never turns an object of the caller into bytes', async () => {
    const Map_ = { $blob: 'eA==', $object: { $blob: 'eA==' } };
    const answered = await client.Echo({ Map: Map_ as never });
    expect(JSON.parse(answered.Seen)).toEqual({ Map: Map_ });
  });

  it('brings the same error', async () => {
    await expect(client.Echo({ Text: 'fail' })).rejects.toMatchObject({
      name: 'ServiceError',
      code: 'LimitExceeded',
      status: 409,
      hint: 'fewer',
      message: 'too many',
      details: { decisionId: 'd' },
    });
  });

  it.skipIf(name === 'local')('keeps the text of faults behind (local: the pipeline does)', async () => {
    await expect(client.Echo({ Text: 'crash' })).rejects.toMatchObject({
      code: 'Internal',
      message: expect.not.stringContaining('inner'),
    });
  });
});

it('a link whose other end is gone fails what waits', async () => {
  const gone = new MessageChannel();
  const link = new ThreadLink(gone.port1);
  const client = createClient({ Echo }, link, { service: 'iam', now: () => 0, newId: () => 'id' });
  const asked = client.Echo({ Text: 'a' });
  gone.port2.close();
  await expect(asked).rejects.toMatchObject({ code: 'Unavailable' });
});
