import { type RefObject, useCallback, useEffect, useRef, useState } from "react";

const NEAR = 48; // pixels from the end at which a reader still counts as following

/**
 * Keep a scrolled element at its end while its content grows, until the reader scrolls away.
 *
 * Returns whether it follows, and how to follow again.
 */
export function useFollowScroll(box: RefObject<HTMLElement | null>): [boolean, () => void] {
  const [follows, setFollows] = useState(true);
  const following = useRef(true);

  const set = useCallback((value: boolean) => {
    following.current = value;
    setFollows(value);
  }, []);

  useEffect(() => {
    const element = box.current;
    const content = element?.firstElementChild;
    if (!element || !content) return;
    let before = element.scrollTop;
    const onScroll = () => {
      const near = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR;
      // Only the reader scrolls up; content that grows under the reader is no reason to stop.
      if (near) set(true);
      else if (element.scrollTop < before) set(false);
      before = element.scrollTop;
    };
    const grown = new ResizeObserver(() => {
      if (following.current) element.scrollTop = element.scrollHeight;
    });
    grown.observe(content);
    element.addEventListener("scroll", onScroll, { passive: true });
    return () => {
      grown.disconnect();
      element.removeEventListener("scroll", onScroll);
    };
  }, [box, set]);

  const toEnd = useCallback(() => {
    set(true);
    const element = box.current;
    if (element) element.scrollTop = element.scrollHeight;
  }, [box, set]);

  return [follows, toEnd];
}
