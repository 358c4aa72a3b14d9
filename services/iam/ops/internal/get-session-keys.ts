import { noResource } from '../../../../platform/runtime/call.ts';
import { GetSessionKeys } from '../../api/internal.ts';
import { implement } from '../implement.ts';

export const getSessionKeys = implement(GetSessionKeys, {
  resolve: noResource,
  run: async (_call, _input, _state, deps) => ({ Jwks: await deps.signing.jwks() }),
});
