/** Handshakes (spec org 3.6) as a table: who may bring which of them into which state. */

export type HandshakeState = 'REQUESTED' | 'OPEN' | 'CANCELED' | 'ACCEPTED' | 'DECLINED' | 'EXPIRED';
export type HandshakeVerb = 'accept' | 'decline' | 'cancel';

const OUTCOME = { accept: 'ACCEPTED', decline: 'DECLINED', cancel: 'CANCELED' } as const;

export type Transition = { to: HandshakeState } | { refused: 'HandshakeAlreadyInState' | 'InvalidHandshakeTransition' };

/** `OPEN` means that every recipient has answered and the sender may finish: the recipient cannot decline any more. */
export function transition(state: HandshakeState, verb: HandshakeVerb): Transition {
  const to = OUTCOME[verb];
  if (state === 'REQUESTED') return { to };
  if (state === 'OPEN') return verb === 'decline' ? { refused: 'InvalidHandshakeTransition' } : { to };
  return { refused: state === to ? 'HandshakeAlreadyInState' : 'InvalidHandshakeTransition' };
}

/** The clock ends a handshake, whether or not somebody has written it down yet. */
export function stateAt(handshake: { state: HandshakeState; expires_at: number }, now: number): HandshakeState {
  const open = handshake.state === 'REQUESTED' || handshake.state === 'OPEN';
  return open && now >= handshake.expires_at ? 'EXPIRED' : handshake.state;
}
