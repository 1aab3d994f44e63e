/* The first serial port as its registers show it: which outputs to its ports send a byte. */
#include "plugin.h"

enum { DATA = 0x3f8, LINE_CONTROL = DATA + 3, MODEM_CONTROL = DATA + 4 };

/* In the control registers: the data port sets the speed instead, and the port hears itself. */
enum { SETS_SPEED = 0x80, LOOPS_BACK = 0x10 };

bool uart_sends(uint16_t port, uint8_t value)
{
    static uint8_t line_control, modem_control;
    if (port == LINE_CONTROL) line_control = value;
    if (port == MODEM_CONTROL) modem_control = value;
    return port == DATA && !(line_control & SETS_SPEED) && !(modem_control & LOOPS_BACK);
}
