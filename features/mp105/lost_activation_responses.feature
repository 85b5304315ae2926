Feature: A lost activation response no longer leaves a meter Suspended
  The success response to SR11.3 Activate Firmware can be lost on its way to the DSP. The meter then runs good
  firmware while the inventory keeps it Suspended. Before MP105 only another firmware update got it out.

  Background:
    Given an import supplier
    And a gas supplier

  @MP105-07
  Scenario Outline: A meter whose activation response was lost is put right by reading its firmware version
    Given a Suspended <meter>
    And the supplier has sent new firmware, listed as Active, to the <meter>
    And the <meter> has activated the new firmware, but its response was lost
    When the DSP no longer waits for that response
    And the supplier sends SR11.2 Read Firmware Version to the <meter>
    Then the request is accepted
    And the response shows the firmware that the <meter> runs
    And the inventory shows the <meter> as Commissioned with that firmware
    And SR4.1.1 Read Instantaneous Import Registers to the <meter> is accepted again

    Examples:
      | id   | meter |
      | esme | ESME  |
      | gsme | GSME  |

  @MP105-07
  Scenario Outline: A meter of whose activation nothing was heard stays Suspended until it is asked
    Given a Suspended <meter>
    And the supplier has sent new firmware, listed as Active, to the <meter>
    And the <meter> has activated the new firmware, but its response was lost
    When the DSP no longer waits for that response
    Then the inventory still shows the <meter> as Suspended

    Examples:
      | id   | meter |
      | esme | ESME  |
      | gsme | GSME  |

  @MP105-09
  Scenario Outline: A meter that does not answer with its firmware version stays as it was
    Given a Suspended <meter>
    And the <meter> now runs firmware that the CPL lists as Active for its model
    And the <meter> <trouble>
    When the supplier sends SR11.2 Read Firmware Version to the <meter>
    Then the request is accepted
    And the inventory record of the <meter> is unchanged

    Examples:
      | id               | meter | trouble                               |
      | esme-unreachable | ESME  | misses the next SR11.2                |
      | esme-error       | ESME  | answers the next SR11.2 with an error |
      | gsme-unreachable | GSME  | misses the next SR11.2                |
      | gsme-error       | GSME  | answers the next SR11.2 with an error |

  @MP105-09
  Scenario Outline: A meter that could not tell its firmware version recovers at the next good answer
    Given a Suspended <meter>
    And the <meter> now runs firmware that the CPL lists as Active for its model
    And the <meter> <trouble>
    And the supplier has sent SR11.2 Read Firmware Version to the <meter> in vain
    When the supplier sends SR11.2 Read Firmware Version to the <meter>
    Then the request is accepted
    And the response shows the firmware that the <meter> runs
    And the inventory shows the <meter> as Commissioned with that firmware

    Examples:
      | id               | meter | trouble                               |
      | esme-unreachable | ESME  | misses the next SR11.2                |
      | esme-error       | ESME  | answers the next SR11.2 with an error |
      | gsme-unreachable | GSME  | misses the next SR11.2                |
      | gsme-error       | GSME  | answers the next SR11.2 with an error |

  @MP105-09
  Scenario Outline: A meter in service that answers with an error stays as it was
    Given a Commissioned <meter>
    And the <meter> answers the next SR11.2 with an error
    When the supplier sends SR11.2 Read Firmware Version to the <meter>
    Then the request is accepted
    And the inventory record of the <meter> is unchanged

    Examples:
      | id   | meter |
      | esme | ESME  |
      | gsme | GSME  |
