/**
 * How a service tells what its resources look like now, for the detective engine: two internal operations, the same for
 * every service. A configuration holds facts that rules judge and auditors compare, never a secret and never key
 * material. Members named `lastUsedAt` and `lastAccessedAt` may change without making a new version of the item.
 */
import { z } from 'zod';
import { defineOperation, type ServiceName } from './operation.ts';
import { AccountId, ArnText, annotate, dictionary, flag, integer, list, structure, text, timestamp } from './shape.ts';

/** Longest configuration, as JSON text. */
export const MAX_CONFIGURATION_TEXT = 65_536;

const Item = structure({
  Arn: ArnText,
  /** `iam:user`, `kms:key`. */
  Type: text(3, 64),
  AccountId,
  Name: text(0, 1024),
  /** When the resource was made, where the service knows. */
  CreatedAt: timestamp().optional(),
  Tags: dictionary(z.string(), text(0, 256)),
  /** A JSON object, as text; `{}` for what is gone. */
  Configuration: text(2, MAX_CONFIGURATION_TEXT, { audit: 'drop' }),
  /** There is no such resource any more. */
  Deleted: flag(),
  /** The resource that was asked for, when this is another one whose configuration depends on it. */
  Because: ArnText.optional(),
});
export type ConfigurationItem = z.output<typeof Item>;

const Items = annotate(list(Item, 0, 1_000), { audit: 'length' });

export function configurationOperations<S extends ServiceName>(service: S) {
  const shared = { service, authz: 'internal', effect: 'read', audit: { class: 'management' } } as const;
  return {
    DescribeConfigurations: defineOperation({
      ...shared,
      name: 'DescribeConfigurations',
      doc: 'The present configuration of resources. ARNs that the service does not record are left out; the answer may also hold resources whose configuration depends on those asked for.',
      input: structure({ Resources: list(ArnText, 1, 100) }),
      output: structure({ Items }),
      examples: [{ title: 'two resources', input: { Resources: ['arn:aws:iam::123456789012:user/alice'] } }],
    }),
    ListConfigurations: defineOperation({
      ...shared,
      name: 'ListConfigurations',
      doc: 'Walks through the configurations of all resources of all accounts. A page may be empty while Next says that the walk goes on.',
      input: structure({ After: text(1, 2048).optional(), Limit: integer(1, 500).optional() }),
      output: structure({ Items, Next: text(1, 2048).optional() }),
      examples: [{ title: 'the first page', input: {} }],
    }),
  };
}
