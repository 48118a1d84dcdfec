// Chooses the time zone of the browser, which is more often the firm's than the server's is.
const choice = document.querySelector("select[data-zone]");
const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (choice && [...choice.options].some((one) => one.value === here)) choice.value = here;
