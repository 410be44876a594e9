import { MemoryRecords } from './memory-records.ts';
import { describeRecords } from './records-conformance.ts';

describeRecords('memory', async (clock) => {
  const records = new MemoryRecords(clock);
  return {
    records,
    replica: records,
    small: (records_max) => new MemoryRecords(clock, records_max),
    close: async () => {},
  };
});
