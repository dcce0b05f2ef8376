// Reads with an EventSource, of whatever maker. It stands alone: it is sent to a browser as text.

/** Up to `most` events from `source`, or all until it is closed for good. */
export function readSource(source, most) {
  return new Promise((resolve) => {
    const read = { events: [], opened: 0, closed: false };
    const end = () => {
      source.close();
      resolve(read);
    };
    source.onopen = () => {
      read.opened += 1;
    };
    source.onmessage = (event) => {
      if (read.events.length === most) return;
      read.events.push([event.lastEventId, event.data]);
      if (read.events.length === most) end();
    };
    source.onerror = () => {
      if (source.readyState !== 2) return; // it comes back by itself
      read.closed = true;
      end();
    };
  });
}
