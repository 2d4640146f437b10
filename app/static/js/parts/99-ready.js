/* The last part: says that all others have run. Tests and curious people wait for <html data-ready>. */
document.documentElement.dataset.ready = "1";
