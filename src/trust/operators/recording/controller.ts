/** Says of a recording whose recorder is gone that it is incomplete, with the digest of what there is. */
import type { Controller } from '#kernel/controller.ts';
import { HEARTBEAT_MS } from './recorder.ts';
import { digestOf } from './replay.ts';
import { TerminalRecording } from './terminal-recording.ts';

/** Who is silent for so long is gone. */
export const SILENT_MS = 4 * HEARTBEAT_MS;

export const recordingController: Controller = {
  name: 'terminal-recordings',
  realms: ['organization'],
  kind: TerminalRecording,
  async reconcile(key, { realm, change, clock }) {
    const object = realm.view.get(TerminalRecording, key);
    if (!object || (object.status && object.status.phase !== 'Recording')) return undefined;
    const last = object.status?.lastAt ?? object.spec.startedAt;
    const left_ms = Date.parse(last) + SILENT_MS - clock.now();
    if (left_ms > 0) return { retryAfter_ms: left_ms };
    const found = await digestOf(realm.view, object);
    await realm.resources.modify(
      TerminalRecording,
      key,
      change,
      (current) => {
        if (current.metadata.uid !== object.metadata.uid) return current;
        if (
          current.status?.lastAt !== object.status?.lastAt ||
          (current.status?.phase ?? 'Recording') !== 'Recording'
        )
          return current;
        return {
          ...current,
          status: {
            ...found,
            phase: 'Incomplete' as const,
            lastAt: last,
            message: 'whatever recorded it broke off; the last second before may be missing',
          },
        };
      },
      { subresource: 'status' },
    );
    return undefined;
  },
};
