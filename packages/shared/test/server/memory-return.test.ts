import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { MemoryReturn } from '../../src/server/memory-return.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function requests() {
  const collect = vi.fn<() => void>();
  const memory = new MemoryReturn(collect);
  return {
    collect,
    open: (count: number) => {
      for (let i = 0; i < count; i++) memory.opened();
    },
    close: (count: number) => {
      for (let i = 0; i < count; i++) memory.closed();
    },
  };
}

it('memory is given back some time after nearly all of very many have left, once', () => {
  const { collect, open, close } = requests();
  open(5_000);
  close(4_500);
  vi.advanceTimersByTime(9_999);
  expect(collect).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(collect).toHaveBeenCalledTimes(1);
  close(500);
  vi.advanceTimersByTime(60_000);
  expect(collect).toHaveBeenCalledTimes(1);
});

it('nothing is collected while more than a tenth is still there', () => {
  const { collect, open, close } = requests();
  open(5_000);
  close(4_499);
  vi.advanceTimersByTime(60_000);
  expect(collect).not.toHaveBeenCalled();
});

it('nothing is collected when those who were cut have come back', () => {
  const { collect, open, close } = requests();
  open(5_000);
  close(5_000);
  vi.advanceTimersByTime(5_000);
  open(5_000);
  vi.advanceTimersByTime(60_000);
  expect(collect).not.toHaveBeenCalled();
});

it('nothing is collected for less than a thousand', () => {
  const { collect, open, close } = requests();
  for (let round = 0; round < 50; round++) {
    open(999);
    close(999);
  }
  vi.advanceTimersByTime(60_000);
  expect(collect).not.toHaveBeenCalled();
});

it('the collection is a real one', () => {
  const gone = vi.fn<() => void>();
  vi.useRealTimers();
  const registry = new FinalizationRegistry(gone);
  registry.register({}, undefined);
  vi.useFakeTimers();
  const memory = new MemoryReturn();
  for (let i = 0; i < 1_000; i++) memory.opened();
  for (let i = 0; i < 1_000; i++) memory.closed();
  vi.advanceTimersByTime(10_000);
  vi.useRealTimers();
  return vi.waitFor(() => expect(gone).toHaveBeenCalled());
});
