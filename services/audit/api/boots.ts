/** The record of a writer that ended without saying so: written by the service itself, asked for by nobody. */
import { defineOperation } from '../../../platform/contract/operation.ts';
import { integer, structure, text, timestamp } from '../../../platform/contract/shape.ts';

export const BootClosed = defineOperation({
  name: 'BootClosed',
  service: 'audit',
  doc: 'A writer of records was not heard of any more: nothing is expected of this boot after its last number.',
  input: structure({
    Node: text(0, 128),
    Boot: text(1, 64),
    LastNumber: integer(0, Number.MAX_SAFE_INTEGER),
    LastSeenAt: timestamp(),
  }),
  authz: 'internal',
  effect: 'write',
  audit: { class: 'management' },
});
