/** What a call answers: known whole, or with bytes that follow. */
import type { Answer } from '../s3/answers/answer.ts';
import type { Session } from './session.ts';

export interface StreamedAnswer extends Omit<Answer, 'body'> {
  /** Each portion is whoever’s takes it. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** The bytes of a small object. */
export interface WholeAnswer extends Omit<Answer, 'body'> {
  readonly body: Uint8Array;
}

export type Reply = Answer | WholeAnswer | StreamedAnswer;
export type Handler<Call> = (session: Session, call: Call) => Promise<Reply>;
