/** The files of this folder: detective guardrails, packs of them, and the types of external resources. */
import { z } from 'zod';
import { FRAMEWORKS, Parameter, SEVERITIES } from '../guardrails/guardrail.ts';

const Text = z.string().min(1).max(1024);
const ResourceType = z.string().regex(/^[a-z-]{2,20}:[a-z][a-z0-9-]{0,62}$/);

export const GuardrailFile = z.strictObject({
  id: z.string().regex(/^G-D-\d{2}$/),
  title: Text.max(120),
  severity: z.enum(SEVERITIES),
  behavior: z.literal('DETECTIVE'),
  /** Resource types it judges; `*` judges everything. */
  types: z.array(z.union([ResourceType, z.literal('*')])).min(1),
  /** change: when an item changes. everyHours: also as time passes. */
  trigger: z.strictObject({ change: z.boolean(), everyHours: z.number().int().min(1).max(24).optional() }),
  mappings: z.partialRecord(z.enum(FRAMEWORKS), z.array(Text).min(1)).default({}),
  parameters: z.record(z.string().regex(/^[a-z][A-Za-z]{0,40}$/), Parameter).default({}),
  rule: z.union([
    z.strictObject({ builtin: z.string() }),
    z.strictObject({ cel: z.string().max(4096), message: Text.max(256) }),
  ]),
  remediation: Text,
});
export type DetectiveGuardrail = z.output<typeof GuardrailFile>;

export const PackFile = z.strictObject({
  apiVersion: z.literal('parapet/v1'),
  kind: z.literal('ConformancePack'),
  metadata: z.strictObject({
    name: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/),
    title: Text.max(120),
    version: z.number().int().min(1),
  }),
  rules: z
    .array(
      z.strictObject({
        id: z.string().regex(/^G-D-\d{2}$/),
        parameters: z
          .record(z.string(), z.union([z.string(), z.number(), z.array(z.union([z.string(), z.number()]))]))
          .default({}),
      }),
    )
    .min(1)
    .max(500),
});
export type Pack = z.output<typeof PackFile>;

export const TypeFile = z.strictObject({
  type: z.string().regex(/^ext:[a-z][a-z0-9-]{0,62}$/),
  title: Text.max(120),
  freshnessHours: z.number().int().min(1).max(8760),
  schema: z.record(z.string(), z.unknown()),
});
export type ShippedType = z.output<typeof TypeFile>;
