import type { z } from 'zod';
import type { RevocationConfiguration } from '../api/shapes.ts';
import type { AnyCall } from './authority-access.ts';

/** SECURITY: an authority must not say that its certificates can be revoked where nobody would learn it. */
export function requireNoRevocation(call: AnyCall, wanted: z.output<typeof RevocationConfiguration> | undefined): void {
  if (!wanted?.CrlConfiguration?.Enabled && !wanted?.OcspConfiguration?.Enabled) return;
  throw call.fail('InvalidArgs', 'lists of revoked certificates and OCSP are not offered yet', {
    hint: 'leave RevocationConfiguration out, or set Enabled to false',
  });
}
